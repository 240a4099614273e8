"""Numbers of many countries with the verdict of python-stdnum on each: `detector TAB number TAB 1|0`, one a line.

Usage: check_digits.py [COUNT]      COUNT right and COUNT wrong numbers for each detector; default 1000

A right number is a random body in the country's layout with the check that stdnum accepts; a wrong one has another check,
or two digits of a right one exchanged. Where the two are meant to differ the generator keeps away, and says why.
"""
import hashlib
import importlib
import itertools
import random
import sys

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def digits(rng, count, first=DIGITS):
    return rng.choice(first) + "".join(rng.choice(DIGITS) for _ in range(count - 1)) if count else ""


def letters(rng, count, among=LETTERS):
    return "".join(rng.choice(among) for _ in range(count))


# Days that every year has: the 29th of February depends on a century that the program does not guess.
def date(rng, form, years=(30, 99), months=0, days=0):
    year, month, day = rng.randint(*years), rng.randint(1, 12) + months, rng.randint(1, 28) + days
    return form.format(y=year, m=month, d=day)


YMD, DMY = "{y:02d}{m:02d}{d:02d}", "{d:02d}{m:02d}{y:02d}"


def fillings(template, alphabet):
    """Every way to fill the question marks."""
    parts = template.split("?")
    for fill in itertools.product(alphabet, repeat=len(parts) - 1):
        yield "".join(part + letter for part, letter in zip(parts, fill + ("",)))


def exchanged(rng, number):
    """Two neighbouring digits the other way round."""
    places = [i for i in range(len(number) - 1) if number[i:i + 2].isdigit() and number[i] != number[i + 1]]
    if not places:
        return number
    i = rng.choice(places)
    return number[:i] + number[i + 1] + number[i] + number[i + 2:]


def last_ten(number):
    """A check of ten: stdnum takes it for 0, such numbers are not given."""
    return sum(int(n) * w for n, w in zip(number, (7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2))) % 11 == 1


AVOID = {"si-emso": last_ten}


def alike(number):
    return len(set(c for c in number if c.isalnum())) == 1


# detector: module of stdnum, template, alphabet of the check
def table(rng):
    def place(numbers):
        return rng.choice(numbers)
    return {
        "at-insurance": ("at.vnr", lambda: digits(rng, 3, "123456789") + "?" + date(rng, DMY), DIGITS),
        "ar-cuil": ("ar.cuit", lambda: place(["20", "23", "24", "27", "30", "33", "34"]) + "-" + digits(rng, 8) + "-?", DIGITS),
        "au-tfn": ("au.tfn", lambda: digits(rng, 8, "123456789") + "?", DIGITS),
        # Born after 2000 as stdnum knows the year of today and the program does not.
        "be-national": ("be.nn", lambda: date(rng, YMD, (0, 24)) + digits(rng, 3) + "??", DIGITS),
        "bg-egn": ("bg.egn", lambda: date(rng, YMD, (0, 99), rng.choice([0, 20, 40])) + digits(rng, 3) + "?", DIGITS),
        "br-cpf": ("br.cpf", lambda: digits(rng, 9) + "??", DIGITS),
        # 8 is for businesses, which stdnum takes too.
        "ca-sin": ("ca.sin", lambda: digits(rng, 3, "012345679") + "-" + digits(rng, 3) + "-" + digits(rng, 2) + "?", DIGITS),
        "ch-ahv": ("ch.ssn", lambda: "756." + digits(rng, 4) + "." + digits(rng, 4) + "." + digits(rng, 1) + "?", DIGITS),
        "cl-rut": ("cl.rut", lambda: digits(rng, 8, "123456789") + "-?", DIGITS + "K"),
        "cn-resident": ("cn.ric", lambda: place(["110101", "310104", "440106", "510104", "330102"]) +
                        place(["19", "20"]) + date(rng, YMD, (0, 99)) + digits(rng, 3) + "?", DIGITS + "X"),
        "co-nit": ("co.nit", lambda: digits(rng, 9, "123456789") + "-?", DIGITS),
        "cz-birth-number": ("cz.rc", lambda: date(rng, YMD, (0, 99), rng.choice([0, 20, 50, 70])) + "/" + digits(rng, 3) + "?", DIGITS),
        "de-tax-id": ("de.idnr", lambda: german_body(rng) + "?", DIGITS),
        "ee-lt-code": ("ee.ik", lambda: digits(rng, 1, "12345678") + date(rng, YMD, (0, 99)) + digits(rng, 3) + "?", DIGITS),
        "es-dni": ("es.dni", lambda: digits(rng, 8) + "?", LETTERS),
        "es-nie": ("es.nie", lambda: rng.choice("XYZ") + digits(rng, 7) + "?", LETTERS),
        # 900 to 999 are given for a time, to people without papers: theirs too.
        "fi-hetu": ("fi.hetu", lambda: date(rng, DMY, (0, 99)) + rng.choice("-+A") + "%03d" % rng.choice([0, 1, rng.randint(2, 899)]) + "?", DIGITS + LETTERS),
        "fr-nir": ("fr.nir", lambda: french_body(rng) + "??", DIGITS),
        "gb-nhs": ("gb.nhs", lambda: digits(rng, 9) + "?", DIGITS),
        "gr-afm": ("gr.vat", lambda: digits(rng, 8) + "?", DIGITS),
        "gr-amka": ("gr.amka", lambda: date(rng, DMY, (0, 99)) + digits(rng, 4) + "?", DIGITS),
        "hr-oib": ("hr.oib", lambda: digits(rng, 10) + "?", DIGITS),
        "ie-pps": ("ie.pps", lambda: digits(rng, 7) + "?" + rng.choice(["", "A", "H", "W", "T", "X"]), LETTERS),
        "il-id": ("il.idnr", lambda: digits(rng, 8) + "?", DIGITS),
        "imei": ("imei", lambda: digits(rng, 14) + "?", DIGITS),
        "in-aadhaar": ("in_.aadhaar", lambda: digits(rng, 11) + "?", DIGITS),
        "in-pan": ("in_.pan", lambda: letters(rng, 3) + "?" + letters(rng, 1) + rng.choice(["0000", digits(rng, 4)]) + letters(rng, 1), LETTERS),
        "it-fiscal-code": ("it.codicefiscale", lambda: letters(rng, 6, "BCDFGLMNPRST") + "%02d" % rng.randint(0, 99) +
                           rng.choice("ABCDEHLMPRST") + "%02d" % (rng.randint(1, 28) + rng.choice([0, 40])) +
                           rng.choice("ADFHL") + digits(rng, 3) + "?", LETTERS),
        # The last two of the place of birth end at 96.
        "kr-resident": ("kr.rrn", lambda: date(rng, YMD, (0, 99)) + "-" + digits(rng, 1, "123456789") + "%02d" % rng.randint(0, 96) + digits(rng, 3) + "?", DIGITS),
        "lv-code": ("lv.pvn", lambda: date(rng, DMY, (0, 99)) + "-" + digits(rng, 1, "012") + digits(rng, 3) + "?", DIGITS),
        "mx-curp": ("mx.curp", lambda: letters(rng, 1) + rng.choice("IUO") + letters(rng, 2, "BDFG") + date(rng, YMD) +
                    rng.choice("HM") + rng.choice(["DF", "NL", "JC", "NE", "YN"]) + letters(rng, 3, "BCDFGKLMNPQRSTVWXYZ") + digits(rng, 1) + "?", DIGITS),
        "nl-bsn": ("nl.bsn", lambda: digits(rng, 8) + "?", DIGITS),
        # The order in a year that stdnum takes for the century the program leaves alone: 000 to 499 are of 1900 to 1999.
        "no-birth-number": ("no.fodselsnummer", lambda: date(rng, DMY, (0, 99), rng.choice([0, 0, 40]), rng.choice([0, 0, 40])) + "%03d" % rng.randint(0, 499) + "??", DIGITS),
        "nz-ird": ("nz.ird", lambda: rng.choice([digits(rng, 7, "123456789"), "1" + digits(rng, 7, "01234")]) + "?", DIGITS),
        "pl-pesel": ("pl.pesel", lambda: date(rng, YMD, (0, 99), rng.choice([0, 20, 40, 60, 80])) + digits(rng, 4) + "?", DIGITS),
        # 4 but for 45 is not given, which stdnum does not know.
        "pt-nif": ("pt.nif", lambda: rng.choice(["45" + digits(rng, 6), digits(rng, 8, "012356789")]) + "?", DIGITS),
        "ro-cnp": ("ro.cnp", lambda: digits(rng, 1, "123456789") + date(rng, YMD, (0, 99)) + "%02d" % rng.randint(1, 46) + digits(rng, 3) + "?", DIGITS),
        "ru-inn": ("ru.inn", lambda: digits(rng, 10) + "??", DIGITS),
        "se-personal": ("se.personnummer", lambda: date(rng, YMD) + "-" + digits(rng, 3) + "?", DIGITS),
        "si-emso": ("si.emso", lambda: date(rng, DMY[:-7] + "{y:03d}", rng.choice([(900, 999), (0, 20)])) + digits(rng, 5) + "?", DIGITS),
        "th-id": ("th.pin", lambda: digits(rng, 12) + "?", DIGITS),
        "tr-id": ("tr.tckimlik", lambda: digits(rng, 9) + "??", DIGITS),
        "ua-tax": ("ua.rntrc", lambda: digits(rng, 9) + "?", DIGITS),
        "us-itin": ("us.itin", lambda: rng.choice("89") + digits(rng, 2) + "-??-" + digits(rng, 4), DIGITS),
        "us-ssn": ("us.ssn", lambda: rng.choice([digits(rng, 3), "000", "666", "900"]) + "-" + rng.choice([digits(rng, 2), "00"]) + "-" + rng.choice([digits(rng, 4), "0000"]), ""),
        "payment-card": ("luhn", lambda: rng.choice(["4", "51", "55", "2221", "2720"]).ljust(4, rng.choice(DIGITS)) + digits(rng, 11) + "?", DIGITS),
        "iban": ("iban", lambda: rng.choice(["DE??" + digits(rng, 18), "GB??" + letters(rng, 4) + digits(rng, 14),
                                             "FR??" + digits(rng, 23), "NO??" + digits(rng, 11), "MT??" + letters(rng, 4) + digits(rng, 23),
                                             "SA??" + digits(rng, 20), "PL??" + digits(rng, 24), "LI??" + digits(rng, 17)]), DIGITS),
        "crypto-wallet": ("bitcoin", lambda: wallet(rng), ""),
    }


def german_body(rng):
    """One digit two or three times among ten, the others once at most."""
    while True:
        body = digits(rng, 10, "123456789")
        counts = sorted(body.count(c) for c in set(body))
        if counts[-1] <= 3 and counts.count(1) == len(counts) - 1:
            return body


def french_body(rng):
    department = rng.choice(["%02d" % rng.randint(1, 95), "2A", "2B"])
    return rng.choice("12") + "%02d%02d" % (rng.randint(0, 99), rng.randint(1, 12)) + department + digits(rng, 6)


def wallet(rng):
    """Of bitcoin: base58 with its checksum; some with a letter changed."""
    body = rng.choice([b"\x00", b"\x05"]) + bytes(rng.randrange(256) for _ in range(20))
    body += hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4]
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number, text = int.from_bytes(body, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = alphabet[rest] + text
    text = "1" * (len(body) - len(body.lstrip(b"\0"))) + text
    if rng.random() < 0.5:
        i = rng.randrange(5, len(text))
        text = text[:i] + rng.choice(alphabet) + text[i + 1:]
    return text


def main():
    for detector in table(None):
        rng = random.Random(detector)
        module, template, alphabet = table(rng)[detector]
        is_valid = importlib.import_module("stdnum." + module).is_valid
        right, wrong = set(), set()
        for _ in range(200 * COUNT):
            if len(right) == COUNT and len(wrong) == COUNT:
                break
            numbers = list(fillings(template(), alphabet)) if alphabet else [template()]
            numbers = [n for n in numbers if not AVOID.get(detector, alike)(n)]
            good = [n for n in numbers if is_valid(n)]
            bad = [n for n in numbers if not is_valid(n)]
            bad += [n for n in (exchanged(rng, g) for g in good[:1]) if not is_valid(n)]
            if good and len(right) < COUNT:
                right.add(rng.choice(good))
            if bad and len(wrong) < COUNT:
                wrong.add(rng.choice(bad[-2:] if good else bad))
        for number, verdict in [(n, 1) for n in sorted(right)] + [(n, 0) for n in sorted(wrong)]:
            print(detector, number, verdict, sep="\t")


if __name__ == "__main__":
    main()
