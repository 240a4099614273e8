"""Writes FOLDER: small images of every format, volume system and file system that is read, as seeds for the fuzzer.

usage: image_seeds.py FOLDER
"""
import os
import subprocess
import sys

folder = sys.argv[1]
os.environ['MAKE_DMG'] = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'make_dmg.py')
os.makedirs(folder)


def run(script):
    subprocess.run(['sh', '-ec', script], cwd=folder, check=True, stdout=subprocess.DEVNULL)


run('''
PATH=$PATH:/sbin:/usr/sbin
mkdir in in/folder
for i in 1 2 3; do seq $i 400 > in/file$i; done
printf x > in/folder/small; ln -s file1 in/link; ln in/file1 in/folder/hard
setfattr -n user.note -v attribute in/file2 2>/dev/null || true

mke2fs -q -t ext2 -b 1024 -d in ext2.img 512K
mke2fs -q -t ext3 -b 1024 -J size=1 -d in ext3.img 4M
mke2fs -q -t ext4 -b 1024 -O ^has_journal,metadata_csum,inline_data -d in ext4.img 768K
mkfs.fat -F 12 -C fat12.img 256 >/dev/null; mcopy -i fat12.img -s in/file1 in/folder ::
mkfs.fat -F 16 -s 1 -C fat16.img 2400 >/dev/null; mcopy -i fat16.img -s in/file1 in/folder ::
mkfs.fat -F 32 -s 1 -C fat32.img 2400 >/dev/null 2>&1  # too small for mtools
truncate -s 2M exfat.img; mkfs.exfat -b 64K exfat.img >/dev/null
truncate -s 2M ntfs.img; mkntfs -q -F -c 512 ntfs.img; ntfscp -q -f ntfs.img in/file1 file1; ntfscp -q -f ntfs.img in/file1 file1:stream
genisoimage -quiet -R -J -o iso.img in
printf '/\\n0 0\\nd--755 0 0\\nfile1 ---644 0 0 in/file1\\n$\\n' > proto
mkfs.xfs -q --unsupported -l size=2m -d file,name=xfs.img,size=16m -p proto >/dev/null 2>&1 || rm -f xfs.img
rm proto
makefs -t ffs -s 1m ufs.img in

# Volume systems: the tables alone, and a file system behind one.
truncate -s 1M mbr.img
printf 'label: dos\\n64,512,83\\n576,1024,5\\n' | sfdisk -q mbr.img 2>/dev/null
dd if=fat12.img of=mbr.img bs=512 seek=64 conv=notrunc status=none
truncate -s 1M gpt.img; printf 'label: gpt\\nstart=64,size=1024\\n' | sfdisk -q gpt.img 2>/dev/null
dd if=ext2.img of=gpt.img bs=512 seek=64 conv=notrunc status=none
truncate -s 4M apple.img; parted -s apple.img mklabel mac mkpart hfs 1MiB 3MiB
truncate -s 4M bsd.img; parted -s bsd.img mklabel bsd mkpart ext2 1MiB 3MiB
truncate -s 3M luks.img
echo key | cryptsetup -q luksFormat --type luks1 --pbkdf-force-iterations 1000 luks.img - 2>/dev/null || rm -f luks.img

# Formats of images.
for format in qcow2 vmdk vpc vhdx vdi; do qemu-img convert -q -f raw -O $format ext2.img image.$format; done
qemu-img convert -q -f raw -O qcow2 -c ext2.img packed.qcow2
qemu-img convert -q -f raw -O qcow2 -c -o compression_type=zstd,extended_l2=on ext2.img zstd.qcow2
qemu-img convert -q -f raw -O vmdk -o subformat=streamOptimized ext2.img packed.vmdk
python3 "$MAKE_DMG" ext2.img packed.dmg mixed
python3 "$MAKE_DMG" ext2.img fork.dmg zlib fork
ewfacquire -u -q -t image -f encase6 -c deflate:best ext2.img >/dev/null
''')
subprocess.run(['rm', '-rf', 'in'], cwd=folder, check=True)
for name in sorted(os.listdir(folder)):
    if os.path.getsize(os.path.join(folder, name)) > 20 << 20:
        os.remove(os.path.join(folder, name))
