// The schema of relevance.db: all that a party may see, in one place.
//
// Compact on purpose, and free of anything that depends on when, where or how fast the run was. Numbers of
// enumerations are those of pipeline/*.h; the table `word` spells them, so that the file explains itself to
// somebody with the sqlite3 shell. Rows of exhibit, identifier and rule are numbered from 1 in the order of the
// run's exhibits and of the order file.
//
// item, extent and hit are what a reader queries, and they are views. What an item has in common with thousands of
// others (exhibit, state, kind, disposition, rule) stands once in item_class, and so do the identifier, the view,
// the form and the length of a hit; an object that is relevant as a whole needs no row for its one extent. That
// makes 10,000 items a third smaller than rows that spell it all, and a query by item or id still goes by the key.
// What only files in images have costs nothing elsewhere: inode and further paths share a table, and the pieces of an
// extent stand among the extents.
#pragma once

namespace ambit::record {

inline constexpr int kApplicationId = 0x414D4254;  // "AMBT"
inline constexpr int kSchemaVersion = 3;

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

CREATE TABLE item_class(id INTEGER PRIMARY KEY, exhibit INTEGER NOT NULL, state INTEGER NOT NULL,
  kind INTEGER NOT NULL, disposition INTEGER NOT NULL, rule INTEGER);
CREATE TABLE item_row(id INTEGER PRIMARY KEY, class INTEGER NOT NULL, parent INTEGER, locator TEXT NOT NULL,
  size INTEGER NOT NULL, sha256 BLOB, modified INTEGER, duplicate_of INTEGER,
  whole INTEGER);  -- NULL: see extent_row; -1: all of it is relevant; from 0: likewise, at this exhibit_offset
CREATE TABLE extent_row(item INTEGER, view INTEGER,  -- -1: a piece of an extent
  start INTEGER, length INTEGER, exhibit_offset INTEGER,
  PRIMARY KEY(item, view, start)) WITHOUT ROWID;
CREATE TABLE hit_class(id INTEGER PRIMARY KEY, identifier INTEGER NOT NULL, view INTEGER NOT NULL,
  form INTEGER NOT NULL, length INTEGER NOT NULL, crossing INTEGER NOT NULL);
CREATE TABLE hit_row(item INTEGER, start INTEGER, class INTEGER, PRIMARY KEY(item, start, class)) WITHOUT ROWID;

CREATE TABLE origin_row(item INTEGER, locator TEXT,  -- '': the row has the inode; else another path of the file
  inode INTEGER, PRIMARY KEY(item, locator)) WITHOUT ROWID;

CREATE VIEW item AS          -- id: 1, 2, … in the order of locators
  SELECT i.id, c.exhibit, i.parent, i.locator, c.state, c.kind, i.size, i.sha256, i.modified, c.disposition, c.rule,
    i.duplicate_of, n.inode
  FROM item_row i JOIN item_class c ON c.id = i.class LEFT JOIN origin_row n ON n.item = i.id AND n.locator = '';
CREATE VIEW link AS          -- the other paths of the same file (hard links)
  SELECT item, locator FROM origin_row WHERE locator <> '';
CREATE VIEW extent AS        -- relevant extents
  SELECT item, view, start, length, exhibit_offset FROM extent_row WHERE view <> -1 UNION ALL
  SELECT id, 0, 0, size, nullif(whole, -1) FROM item_row WHERE whole IS NOT NULL;
CREATE VIEW place AS         -- the straight pieces of extents of view raw that are not straight
  SELECT item, start, length, exhibit_offset FROM extent_row WHERE view = -1;
CREATE VIEW hit AS           -- crossing: runs over the object's border
  SELECT h.item, c.identifier, c.view, c.form, h.start, c.length, c.crossing
  FROM hit_row h JOIN hit_class c ON c.id = h.class;

CREATE TABLE census(exhibit INTEGER, disposition INTEGER, reason INTEGER, kind INTEGER, items INTEGER NOT NULL,
  bytes INTEGER NOT NULL, PRIMARY KEY(exhibit, disposition, reason, kind)) WITHOUT ROWID;
CREATE TABLE coverage(exhibit INTEGER, part TEXT, bytes INTEGER NOT NULL, PRIMARY KEY(exhibit, part)) WITHOUT ROWID;
CREATE TABLE exception(exhibit INTEGER, reason INTEGER, objects INTEGER NOT NULL, bytes INTEGER NOT NULL,
  PRIMARY KEY(exhibit, reason)) WITHOUT ROWID;       -- counts; the places are in the ledger
CREATE TABLE private_data(exhibit INTEGER, category TEXT,  -- only of a full census (meta: census)
  found INTEGER,                                     -- values, each as often as it stands there; NULL: 1 to 9
  PRIMARY KEY(exhibit, category)) WITHOUT ROWID;
CREATE TABLE privilege_log(id INTEGER PRIMARY KEY, date INTEGER, kind INTEGER NOT NULL, basis TEXT NOT NULL,
  rule INTEGER NOT NULL);                            -- no locator, no size, no content
CREATE VIEW v_item AS        -- for a person; a duplicate shows the hits and extents of its original
  SELECT i.id, e.name AS exhibit, i.locator, s.word AS state, k.word AS kind, i.size, lower(hex(i.sha256)) AS sha256,
    datetime(i.modified, 'unixepoch') AS modified, d.word AS disposition, r.name AS rule, r.paragraph,
    (SELECT group_concat(n.name, ', ') FROM (SELECT DISTINCT identifier FROM hit
       WHERE item = coalesce(i.duplicate_of, i.id) ORDER BY 1) h JOIN identifier n ON n.id = h.identifier)
      AS identifiers,
    (SELECT count(*) FROM hit h WHERE h.item = coalesce(i.duplicate_of, i.id)) AS hits,
    (SELECT count(*) FROM extent x WHERE x.item = coalesce(i.duplicate_of, i.id)) AS extents, i.duplicate_of, i.inode,
    (SELECT count(*) FROM link l WHERE l.item = i.id) AS links
  FROM item i JOIN exhibit e ON e.id = i.exhibit
    JOIN word s ON s.topic = 'state' AND s.number = i.state
    JOIN word k ON k.topic = 'kind' AND k.number = i.kind
    JOIN word d ON d.topic = 'disposition' AND d.number = i.disposition
    LEFT JOIN rule r ON r.id = i.rule;
)sql";

}  // namespace ambit::record
