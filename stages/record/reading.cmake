# What reads a finished run directory: the other half of this room.
ambit_library(ambit_reading SOURCES decrypt.cc index_texts.cc export.cc export_csv.cc export_jsonl.cc item_json.cc proof.cc query.cc
  run_reader.cc unseal.cc verify.cc LINKS ambit_record ambit_nouns SQLite::SQLite3 PkgConfig::ZSTD fmt::fmt)
