// The schema of relevance.db: all that a party may see, in one place.
//
// Compact on purpose (integers, dictionary rows, WITHOUT ROWID where the key is the row) and free of anything
// that depends on when, where or how fast the run was. Numbers of enumerations are those of pipeline/*.h; the
// dictionary tables spell them, so that the file explains itself to somebody with the sqlite3 shell.
#pragma once

namespace ambit::record {

inline constexpr int kApplicationId = 0x414D4254;  // "AMBT"
inline constexpr int kSchemaVersion = 1;

inline constexpr const char* kSchema = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE exhibit(id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, bytes INTEGER NOT NULL,
  sha256 BLOB);                                      -- NULL: not asked for (--hash-exhibits)
CREATE TABLE paragraph(id TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE identifier(id INTEGER PRIMARY KEY, name TEXT NOT NULL, strength TEXT NOT NULL,
  objects INTEGER NOT NULL, hits INTEGER NOT NULL);  -- over all objects; those without a hit stand here with 0
CREATE TABLE rule(id INTEGER PRIMARY KEY, name TEXT NOT NULL, paragraph TEXT NOT NULL, expression TEXT NOT NULL,
  decision TEXT NOT NULL);
-- the words behind the numbers in item.state, item.kind, item.disposition, extent.view, hit.view, hit.form …
CREATE TABLE word(topic TEXT, number INTEGER, word TEXT NOT NULL, PRIMARY KEY(topic, number)) WITHOUT ROWID;
CREATE TABLE item(id INTEGER PRIMARY KEY, exhibit INTEGER NOT NULL, parent INTEGER, locator TEXT NOT NULL,
  state INTEGER NOT NULL, kind INTEGER NOT NULL, size INTEGER NOT NULL, sha256 BLOB, modified INTEGER,
  disposition INTEGER NOT NULL, rule INTEGER, duplicate_of INTEGER);   -- id: 1, 2, … in the order of locators
CREATE TABLE extent(item INTEGER, view INTEGER, start INTEGER, length INTEGER, exhibit_offset INTEGER,
  PRIMARY KEY(item, view, start)) WITHOUT ROWID;
CREATE TABLE hit(item INTEGER, start INTEGER, identifier INTEGER, view INTEGER, form INTEGER, length INTEGER,
  crossing INTEGER, PRIMARY KEY(item, view, start, identifier, form, length)) WITHOUT ROWID;
CREATE TABLE census(exhibit INTEGER, disposition INTEGER, reason INTEGER, kind INTEGER, items INTEGER NOT NULL,
  bytes INTEGER NOT NULL, PRIMARY KEY(exhibit, disposition, reason, kind)) WITHOUT ROWID;
CREATE TABLE coverage(exhibit INTEGER, part TEXT, bytes INTEGER NOT NULL, PRIMARY KEY(exhibit, part)) WITHOUT ROWID;
CREATE TABLE exception(exhibit INTEGER, reason INTEGER, objects INTEGER NOT NULL, bytes INTEGER NOT NULL,
  PRIMARY KEY(exhibit, reason)) WITHOUT ROWID;       -- counts; the places are in the ledger
CREATE TABLE privilege_log(id INTEGER PRIMARY KEY, date INTEGER, kind INTEGER NOT NULL, basis TEXT NOT NULL,
  rule INTEGER NOT NULL);                            -- no locator, no size, no content
CREATE VIEW v_item AS
  SELECT i.id, e.name AS exhibit, i.locator, s.word AS state, k.word AS kind, i.size, lower(hex(i.sha256)) AS sha256,
    datetime(i.modified, 'unixepoch') AS modified, d.word AS disposition, r.name AS rule, r.paragraph,
    (SELECT group_concat(n.name, ', ') FROM (SELECT DISTINCT identifier FROM hit WHERE item = i.id ORDER BY 1) h
       JOIN identifier n ON n.id = h.identifier) AS identifiers,
    (SELECT count(*) FROM hit h WHERE h.item = i.id) AS hits,
    (SELECT count(*) FROM extent x WHERE x.item = i.id) AS extents, i.duplicate_of
  FROM item i JOIN exhibit e ON e.id = i.exhibit
    JOIN word s ON s.topic = 'state' AND s.number = i.state
    JOIN word k ON k.topic = 'kind' AND k.number = i.kind
    JOIN word d ON d.topic = 'disposition' AND d.number = i.disposition
    LEFT JOIN rule r ON r.id = i.rule;
)sql";

}  // namespace ambit::record
