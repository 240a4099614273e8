// What a person would call a record: rows of dumps, objects of lists, rows of tables; told from the bytes alone.
//
// In the tables below a text is written with the hit between '<<' and '>>' and its record between '<|' and '|>'.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "pipeline/limits.h"
#include "stages/scrutinise/records.h"
#include "tests/evidence.h"

namespace ambit::scrutiny::records_test {
namespace {

using namespace std::string_view_literals;

std::string wide(std::string_view text, Form form) {
  std::string out;
  for (const char c : text) out += form == Form::utf16le ? std::string{c, '\0'} : std::string{'\0', c};
  return out;
}

// The records of hits, seen in chunks of `body` bytes with little around them.
std::vector<Extent> records_of(std::string_view text, const std::vector<Hit>& hits, Kind kind = Kind::text,
                               std::size_t body = 1 << 20) {
  Records records;
  records.prepare(hits, kind, true, text.size());
  const std::size_t context = 64;
  for (std::size_t at = 0; at < text.size(); at += body) {
    const std::size_t end = std::min(text.size(), at + body);
    const std::size_t from = at - std::min(at, context);
    const std::string_view window = text.substr(from, std::min(text.size(), end + context) - from);
    records.look(Chunk(std::as_bytes(std::span(window)), at - from, end - at, at, {}));
  }
  return records.finish();
}

struct Marked {
  std::string text;
  Hit hit;
  Extent record;
};
Marked marked(std::string_view with_marks) {
  Marked out;
  std::uint64_t hit_end = 0, record_end = 0;
  for (std::size_t i = 0; i < with_marks.size(); ++i) {
    const std::string_view mark = with_marks.substr(i, 2);
    const std::uint64_t here = out.text.size();
    if (mark == "<<") {
      out.hit.start = here;
    } else if (mark == ">>") {
      hit_end = here;
    } else if (mark == "<|") {
      out.record.start = here;
    } else if (mark == "|>") {
      record_end = here;
    } else {
      out.text += with_marks[i];
      continue;
    }
    ++i;
  }
  out.hit.length = static_cast<std::uint32_t>(hit_end - out.hit.start);
  out.record.length = record_end - out.record.start;
  return out;
}

std::string shown(std::string_view text, const std::vector<Extent>& records) {
  std::string out;
  for (const Extent& e : records) out += "[" + std::string(text.substr(e.start, e.length)) + "]";
  return out;
}

// In bytes and in both orders of UTF-16, in large and in small chunks.
void expect_record(std::string_view with_marks, Kind kind = Kind::text) {
  const Marked m = marked(with_marks);
  for (const std::size_t body : {1U << 20, 1U, 7U}) {
    const auto found = records_of(m.text, {m.hit}, kind, body);
    ASSERT_EQ(found, std::vector{m.record}) << with_marks << "\n" << shown(m.text, found) << " in chunks of " << body;
  }
  for (const Form form : {Form::utf16le, Form::utf16be}) {
    Hit hit = m.hit;
    hit.start *= 2;
    hit.length *= 2;
    hit.form = form;
    const Extent record{m.record.start * 2, m.record.length * 2, View::raw};
    for (const std::size_t body : {1U << 20, 3U}) {
      ASSERT_EQ(records_of(wide(m.text, form), {hit}, kind, body), std::vector{record})
          << with_marks << " in UTF-16, in chunks of " << body;
    }
  }
}

// --- SQL ----------------------------------------------------------------------------------------------------

TEST(SqlRecords, are_the_rows_of_an_insert) {
  for (const std::string_view text : {
           "INSERT INTO `customers` VALUES (1,'ann'),<|(2,'<<kim>>')|>,(3,'jo');\n",
           "INSERT INTO `customers` VALUES <|(<<1>>,'ann')|>,(2,'kim'),(3,'jo');\n",
           "INSERT INTO `customers` VALUES (1,'ann'),(2,'kim'),<|(3,'<<jo>>')|>;\n",
           "-- it's a dump\nINSERT INTO `c` (`id`, `it's`) VALUES\n(1,'ann'),\n<|(2,'<<kim>>')|>,\n(3,'jo');\n",
           "insert ignore into shop.customers(id,name) values (1,'ann') , <|( 2 , '<<kim>>' )|> , (3,'jo') ;\n",
           "REPLACE INTO `c` VALUES (1,'a'),<|(2,'<<kim>>')|>,(3,'b');\n",
           "INSERT INTO c VALUES (1,'a',NULL),<|(-2.5e-3,'<<kim>>',NOW())|>,(3,'b',CAST('x' AS CHAR));\n",
           "  INSERT INTO c VALUES (1,'a'),\n    -- one of (them\n    <|(2,\n     '<<kim>>')|>,\n   (3,'b');\n",
           "INSERT INTO c VALUES (1,'a') /* '( */ ,<|(2,/* don't */'<<kim>>')|>,(3,'b');\n",
           "INSERT INTO c VALUES <|(1,'<<kim>>')|> ON DUPLICATE KEY UPDATE n='x';\n",
           "INSERT INTO c VALUES (1,'kim') <|ON DUPLICATE KEY UPDATE n='<<x>>', m='(';|>\n",
           "INSERT INTO c VALUES (1,'a'),<|(2,'<<kim>>')|>",
           "INSERT INTO c VALUES (1,'a'),<|(2,'<<kim>> and the rest is lost|>",
       }) {
    SCOPED_TRACE(text);
    expect_record(text, Kind::sql_dump);
    expect_record(std::string("some log line, isn't it\n") + std::string(text), Kind::log);
  }
}

TEST(SqlRecords, follow_the_quotes_of_each_maker) {
  for (const std::string_view text : {
           // MySQL
           R"(INSERT INTO `c` VALUES (1,'it\'s),(2'),<|(2,'\\','<<kim>>\'),(3,\'x')|>,(3,'\\');)",
           R"(INSERT INTO `c` VALUES (1,"a"),<|(2,"<<kim>> \" ),( ' ")|>,(3,"b");)",
           R"(INSERT INTO `c` VALUES (1,_binary 'a\0'),<|(2,_binary '<<kim>>')|>,(3,0x2729);)",
           // doubled quotes; '\' is a letter in standard SQL
           R"(INSERT INTO "c" VALUES (1,'it''s),(2'),<|(2,'C:\','<<kim>>''),(3,')|>,(3,'D:\');)",
           R"(INSERT INTO public.c VALUES (1, 'C:\'), <|(2, 'D:\', '<<kim>>')|>, (3, 'it''s');)",
           R"(INSERT INTO "c" VALUES (1, E'it\'s'), <|(2, E'<<kim>>\'),(')|>, (3, 'x'::text);)",
           "INSERT INTO \"c\" VALUES(1,'two\nlines');\nINSERT INTO \"c\" VALUES<|(2,'<<kim>>\nINSERT INTO x')|>;\n",
           "INSERT [dbo].[C] ([Id], [Na me]) VALUES (1, N'C:\\')\r\nINSERT [dbo].[C] ([Id]) VALUES <|(2, "
           "N'<<kim>>')|>\r\nGO\r\n",
           "INSERT [dbo].[C] ([Id]) VALUES <|(2, N'<<kim>>', CAST(N'2001-01-01' AS DateTime))|>\r\nGO\r\n",
           "Insert into T (A,B) values <|('<<kim>>',to_date('01-01-01','DD-MM-RR'))|>;\n",
       }) {
    SCOPED_TRACE(text);
    expect_record(text);
  }
}

TEST(SqlRecords, leave_what_stands_around_the_rows_to_itself) {
  expect_record("x\n<|INSERT INTO <<customers>> (a) VALUES |>(1,'ann'),(2,'kim');\n");
  expect_record("x\nINSERT INTO c VALUES (1,'ann')<|<<,>>|>(2,'kim');\n");
  expect_record("x\nINSERT INTO c VALUES (1,'ann'),(2,'kim')<|<<;>>|>\n");
  expect_record("x\nINSERT INTO c VALUES (1,'ann'),<|/* <<kim>> */|>(2,'kim');\n");
}

TEST(SqlRecords, of_a_hit_over_two_rows_are_both) {
  expect_record("INSERT INTO c VALUES (1,'ann'),<|(2,'k<<im'),(3,'j>>o')|>,(4,'x');\n");
  expect_record("INSERT INTO c VALUES (1,'ann'),<|(2,'kim'<<),(>>3,'jo')|>,(4,'x');\n");
  expect_record("INSERT INTO c VALUES (1,'ann'),<|(2,'k<<im'),(3,'jo'),(>>4,'x')|>,(5,'y');\n");
}

TEST(SqlRecords, of_other_statements_are_the_statements) {
  expect_record("x\n<|UPDATE c SET a = 'x;y',\n b = '<<kim>>'\nWHERE id = 2;|>\nUPDATE c SET a = 1;\n");
  expect_record("x\n<|DELETE FROM c\nWHERE n = '<<kim>>';|> x\n");
  expect_record("x\n<|CREATE TABLE `c` (\n  `id` int,\n  `n` text COMMENT '<<kim>>; it\\'s'\n);|>\nx\n");
  expect_record("x\n<|INSERT INTO c SELECT *\nFROM d WHERE n = '<<kim>>';|>\nx\n");
  expect_record("x\n<|INSERT INTO c SET a=1,\nn = '<<kim>>';|>\nx\n");
}

TEST(SqlRecords, of_copy_are_lines_whatever_they_hold) {
  expect_record("COPY public.c (id, n) FROM stdin;\n1\tann\n<|2\t<<kim>>'s\n|>3\t{\"a\": [{\"b\": 1}]}\n\\.\n");
  expect_record("COPY public.c (id, n) FROM stdin;\n1\tann\n<|[{\"a\":1},{\"a\":\"<<kim>>\"}]\n|>3\tx\n\\.\n");
  expect_record("COPY c FROM stdin;\n1\n\\.\n\nINSERT INTO c VALUES (1),<|('<<kim>>')|>;\n");
  expect_record("<|COPY public.<<c>> (id, n) FROM stdin;|>\n1\tann\n\\.\n");
}

TEST(SqlRecords, stand_in_one_line_each_for_itself) {
  for (const std::string_view text : {
           "INSERT INTO c VALUES (1,'ann');INSERT INTO c VALUES <|(2,'<<kim>>')|>;INSERT INTO c VALUES (3,'jo');\n",
           "INSERT INTO c VALUES (1,'ann'); INSERT INTO c VALUES <|('<<kim>>')|>\n",
           "INSERT INTO c VALUES (1,'ann'); <|UPDATE c SET n='<<kim>>';|> DELETE FROM c WHERE n='jo';\n",
           "BEGIN; INSERT INTO c VALUES ('ann'); INSERT INTO c VALUES <|('<<kim>>')|>; COMMIT;\nx\n",
           "INSERT INTO c VALUES ('ann'); INSERT INTO c VALUES ('jo');<| -- not <<kim>>\n|>INSERT INTO c VALUES (1);\n",
           "INSERT INTO c VALUES ('ann'); <|INSERT INTO <<c>> VALUES |>('jo');\n",
           "<|/* of <<kim>> */ |>INSERT INTO c VALUES ('ann'); INSERT INTO c VALUES ('jo');\n",
           "INSERT INTO c VALUES ('ann'); SELECT 1; INSERT INTO c VALUES <|('<<kim>>')|>; SELECT 2;\n",
       }) {
    SCOPED_TRACE(text);
    expect_record(text, Kind::sql_dump);
    expect_record("some line\n" + std::string(text), Kind::log);
  }
}

TEST(SqlRecords, amid_a_line_end_with_it) {
  expect_record("one\n10:00 query: INSERT INTO c VALUES (1,'ann'),<|(2,'<<kim>>')|>;\nsaid so;\n", Kind::log);
  expect_record("one\n10:00 query: INSERT INTO c VALUES (1,'ann'),<|(2,'<<kim>>')|>\nsaid so;\n", Kind::log);
  expect_record("one\n<|10:00 <<kim>>: |>INSERT INTO c VALUES (1,'ann'),(2,'jo');\nsaid so;\n", Kind::log);
  expect_record("10:00 INSERT INTO `c` VALUES ('it\nINSERT INTO c VALUES ('ann\\'),<|('<<kim>>')|>;\n", Kind::log);
  // A member of an object is a part of it.
  expect_record(R"J([{"q":"ann"},<|{"q":"INSERT INTO c VALUES (1,'ann'),(2,'<<kim>>')"}|>,{"q":"jo"}])J");
}

TEST(SqlRecords, are_not_seen_in_prose) {
  for (const std::string_view text : {
           "one\n<|Insert into the slot (left) a coin; <<kim>>\n|>said (so) it;\n",
           "one\n<|Update us on kim, and set x; <<kim>>\n|>said so;\n",
           "one\n<|update the set of rules <<kim>>\n|>said = so;\n",
           "one\n<|Create a new account (for kim); <<kim>>\n|>said so;\n",
           "one\n<|Copy everything from the <<kim>>\n|>said so;\n",
           "one\n<|(see below), and <<kim>>\n|>said so;\n",
           "one\n<|10:00 query: insert one, values (1) and (2): <<kim>>\n|>said so;\n",
           "one\n<|To insert into the slot VALUES (left) of <<kim>>,\n|>said so;\n",
           "one\n<|INSERT INTO users VALUES? don't, says <<kim>>\n|>said so;\n",
       }) {
    expect_record(text, Kind::log);
  }
}

TEST(SqlRecords, begin_anew_behind_a_quote_without_a_partner) {
  // The second row is broken, and swallows the begin of the third.
  expect_record("INSERT INTO c VALUES (1,'a'),(2,'b),(3,'c'),(4,'d'),<|(5,'<<kim>>')|>,(6,'e');\n");
  expect_record("INSERT INTO c VALUES (1,'a);\nINSERT INTO c VALUES (2,'b'),<|(3,'<<kim>>')|>,(4,'e');\n");
  // Nothing may be drawn in the broken one but a window, which here is wider than it is.
  expect_record("INSERT INTO c VALUES (1,'a'),<|(2,'b<<kim>>,),(3,'c'),|>(4,'d'),(5,'e'),(6,'e');\n");
}

TEST(SqlRecords, are_found_in_what_begins_within_a_statement) {
  expect_record("nn','x'),(2,'b'),<|(5,'<<kim>>')|>,(6,'e');\n");
  expect_record("nn','x'),\n(2,'b'),\n<|(5,'<<kim>>')|>,\n(6,'e');\n");
}

TEST(SqlRecords, longer_than_the_bound_are_cut_and_never_leave_the_row) {
  const std::string long_text(200'000, 'x');
  const std::string text =
      "INSERT INTO c VALUES (1,'a'),(2,'kim" + long_text + "'),(3,'" + long_text + "kim'),(4,'b');\n";
  const std::size_t first = text.find("kim"), last = text.rfind("kim");
  const auto hit_at = [](std::size_t at) { return Hit{at, 3, 0, View::raw, Form::utf8, false}; };
  const auto found = records_of(text, {hit_at(first), hit_at(last)});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].start, text.find("(2,"));
  EXPECT_EQ(found[0].end(), first + 3 + limits::kMaxRecordBytes);
  EXPECT_EQ(found[1].start, last - limits::kMaxRecordBytes);
  EXPECT_EQ(found[1].end(), text.find(",(4,"));
}

// --- JSON ---------------------------------------------------------------------------------------------------

TEST(JsonRecords, are_the_elements_of_arrays) {
  for (const std::string_view text : {
           R"([{"id":1,"n":"ann"},<|{"id":2,"n":"<<kim>>"}|>,{"id":3,"n":"jo"}])",
           R"([{"id": 1, "n": "ann"}, <|{"id": 2, "n": "<<kim>>"}|>, {"id": 3, "n": "jo"}])",
           "[\n  {\n    \"id\": 1\n  },\n  <|{\n    \"n\": \"<<kim>>\",\n    \"a\": [1, 2]\n  }|>,\n  {\"id\": 3}\n]\n",
           R"([{"n":"},{ \" "},<|{"n":"\\","m":"<<kim>> }]\""}|>,{"id":3}])",
           R"([{"id":1},<|{"id":2,"address":{"geo":{"x":1.5e3}},"n":"<<kim>>"}|>,{"id":3}])",
           R"([{"id":1},<|{"id":2,"address":{"geo":{"x":"<<kim>>"}},"n":null}|>,{"id":3}])",
           R"([[1,"ann"],<|[2,"<<kim>>"]|>,[3,"jo"]])",
           R"({"took":3,"hits":{"total":2,"hits":[{"s":{"n":"ann"}},<|{"s":{"n":"<<kim>>"}}|>]}})",
           "/* export */\n[\n{\"type\":\"table\",\"data\":\n[\n{\"id\":\"1\"},\n<|{\"id\":\"<<2>>\"}|>\n]\n}\n]\n",
       }) {
    SCOPED_TRACE(text);
    expect_record(text, Kind::markup);
    expect_record(std::string("some line\n") + std::string(text) + "\n", Kind::text);
  }
}

TEST(JsonRecords, of_what_stands_in_no_array_are_objects) {
  expect_record(R"(<|{"id":2,"n":"<<kim>>","address":{"city":"x"},"tags":["a","b"]}|>)");
  expect_record(R"(<|{"id":2,"n":"x","address":{"city":"y"},"tags":["a","<<kim>>"]}|>)");
  expect_record("<|{\n \"id\": 2,\n \"n\": \"<<kim>>\"\n}|>\nand a line\n");
}

TEST(JsonRecords, never_reach_over_others) {
  // what stands around records
  expect_record(R"(<|{"by":"<<kim>>","n":1|>,"users":[{"id":1},{"id":2}],"x":1})");
  expect_record(R"({"by":"ann","users":[{"id":1},{"id":2}]<|,"x":1,"y":"<<kim>>"}|>)");
  expect_record(R"({"by":"ann",<|"<<users>>":|>[{"id":1},{"id":2}],"x":1})");
  expect_record(R"([<|{"id":1,"n":"<<kim>>"|>,"orders":[{"id":1},{"id":2}]},{"id":2}])");
  expect_record(R"([{"id":1,"n":"x","orders":[{"id":1},<|{"id":"<<2>>"}|>]},{"id":2}])");
  // maps
  expect_record(R"({"users":{"1":{"n":"ann","m":1},<|"2":{"n":"<<kim>>","m":2}|>,"3":{"n":"jo","m":3}}})");
  expect_record(R"({"ann":{"m":1},<|"<<kim>>":{"m":2}|>,"jo":{"m":3}})");
  // lists without an object
  expect_record(R"(["ann",<|"<<kim>>"|>,"jo"])");
  expect_record(R"({"mails":["ann","kim"<|<<,>>|>"jo"],"b":[{"a":1}]})");
  std::string map = "{\"m0\":1";
  for (int i = 1; i < 100; ++i) map += ",\"m" + std::to_string(i) + "\":1";
  expect_record(map + ",<|\"<<kim>>\":1|>}");
}

TEST(JsonRecords, of_a_hit_over_two_are_both) {
  expect_record(R"([{"id":1},<|{"id":2,"n":"k<<im"},{"n":">>x"}|>,{"id":3}])");
  expect_record(R"([{"id":1},<|{"id":2<<},{>>"n":"x"}|>,{"id":3}])");
}

TEST(JsonRecords, of_json_lines_are_the_lines) {
  expect_record("{\"id\":1}\n<|{\"id\":2,\"n\":\"<<kim>>\",\"o\":[{\"a\":1},{\"a\":2}]}\n|>{\"id\":3}\n");
  expect_record("<|{\"id\":2,\"o\":[{\"a\":1},{\"a\":\"<<kim>>\"}]}\r\n|>{\"id\":3}\r\n");
  expect_record("{\"id\":1}\n<|{\"id\":2,\"o\":[{\"a\":1},{\"a\":\"<<kim>>\"}]}|>");
  expect_record("{\"id\":1}\n<|{\"id\":2,\"o\":[{\"a\":1},{\"a\":\"<<kim>>\"}]}\n|>");
  expect_record("[1,\"ann\"]\n<|[2,\"<<kim>>\"]\n|>[3,\"jo\"]\n");
}

TEST(JsonRecords, stand_in_one_line_each_for_itself) {
  expect_record(R"({"n":"ann"}<|{"n":"<<kim>>"}|>{"n":"jo"})");
  expect_record(R"(<|{"n":"<<kim>>"}|> {"n":"jo"} {"n":"ann"})");
  expect_record("{\"n\":\"ann\"}<|{\"n\":\"<<kim>>\"}|>\n{\"n\":\"jo\"}{\"n\":\"x\"}\n");
  expect_record("{\"n\":\"ann\"}{\"n\":\"jo\"}\n<|{\"n\":\"<<kim>>\"}|>{\"n\":\"x\"}\n");
  expect_record(R"([1,{"n":"ann"}][2,<|{"n":"<<kim>>"}|>][3,{"n":"jo"}])");
  expect_record(R"({"n":"ann"} <|{"n":"<<kim>>"}|> and more)");
}

TEST(JsonRecords, are_not_seen_in_what_only_looks_so) {
  for (const std::string_view text : {
           "one\n<|[2001-01-01 10:00] <<kim>> {\"a\":[{\"b\":1}]}\n|>two\n",
           "one\n<|[1] see <<kim>>\n|>two\n",
           "one\n<|{\"a\":[{\"b\":\"<<kim>>\"}]}\tand a second column\n|>two\n",
           "int x[] =\n{ 1,\n<|{ kim, '<<kim>>' },\n|>{ 2 } };\n",
           "[mysqld]\n<|user = <<kim>>\n|>[client]\n",
       }) {
    expect_record(text);
  }
}

TEST(JsonRecords, begin_anew_behind_damage) {
  expect_record(R"([{"id":1},{"id":2,"n":"x},{"id":3},{"id":4},<|{"id":"<<5>>"}|>,{"id":6}])");
  expect_record(R"([{"id":1},{"id":2,,,"n":"x"},{"id":4},<|{"id":"<<5>>"}|>,{"id":6}])");
  expect_record(R"(ut off","n":1},{"id":4},<|{"id":"<<5>>"}|>,{"id":6}])");
  expect_record(R"(ut off","n":1}, {"id":4}, <|{"id":"<<5>>"}|>, {"id":6}], "x": 1})");
}

TEST(JsonRecords, survive_depth) {
  for (const char* brackets : {"[", "{\"a\":"}) {
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += brackets;
    const Hit hit{deep.size() - 3, 2, 0, View::raw, Form::utf8, false};
    const auto found = records_of(deep, {hit});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_LE(found[0].start, hit.start);
    EXPECT_GE(found[0].end(), hit.end());
  }
}

// --- tables -------------------------------------------------------------------------------------------------

TEST(CsvRecords, are_rows_with_the_line_breaks_in_their_fields) {
  for (const std::string_view text : {
           "id,n,m\n1,ann,x\n<|2,\"two\nlines, \"\"<<kim>>\"\"\n\",y\n|>3,jo,z\n",
           "id;n;m\r\n1;ann;x\r\n<|2;\"two\r\nlines, <<kim>>\";y\r\n|>3;jo;z\r\n",
           "id\tn\tm\n1\tann\tx\n<|\"2\n<<kim>>\"\t\"a\nb\"\ty\n|>3\tjo\tz\n",
           "\"id\",\"n\"\n\"1\",\"a\nb\"\n<|\"2\",\"<<kim>>\nd\"\n|>\"3\",\"e\nf\"\n",
           "\"id\",\"n\"\n\"1\",\"a\nb\"\n<|\"<<2>>\",\"c\nd\"|>",
           "id,n,m\n1,ann,x\n<|2,<<kim>>,y\n|>3,\"a\nb\",z\n",
           "id,n,m\n1,a 5\" pipe,x\n<|2,<<kim>>,y\n|>3,\"a\nb\",z\n",
       }) {
    SCOPED_TRACE(text);
    expect_record(text);
  }
}

TEST(CsvRecords, are_lines_where_a_quote_has_no_partner) {
  expect_record("id,n,m\n1,\"ann,x\n<|2,<<kim>>,y\n|>3,\"a\",z\n4,b,c\n");
  expect_record("id,n,m\n1,\"ann,x\n<|2,\"<<kim>>\",y\n|>3,\"a\",z\n4,b,c\n");
  expect_record("id,n,m\n1,ann,x\n<|2,\"<<kim>>\n|>3,a,b,c,d\n");
  std::string swallowed = "id,n\n1,\"a\n";
  for (int i = 0; i < 20'000; ++i) swallowed += "2,bbb\n";
  expect_record(swallowed + "<|3,<<kim>>\n|>4,\"d\ne\"\n");
}

TEST(CsvRecords, are_not_seen_in_prose) {
  expect_record("Dear all\n\n\"Hello,\n<|I am <<kim>>\n|>there\", he said\n");
  expect_record("Dear all, good day\n<|\"Hello <<kim>>\n|>there\" he said\n");
}

// --- XML ----------------------------------------------------------------------------------------------------

TEST(XmlRecords, are_the_innermost_elements_that_are_rows) {
  for (const std::string_view text : {
           "<?xml version=\"1.0\"?>\n<table_data name=\"c\">\n<row>\n<field name=\"n\">ann</field>\n</row>\n"
           "<|<row>\n\t<field name=\"n\"><<kim>></field>\n</row>|>\n<row>\n</row>\n</table_data>\n",
           "<r><row Id=\"1\" B=\"ann\"/><|<row Id=\"2\" B=\"a > <<kim>>\" />|><row Id=\"3\"/></r>",
           "<m><page>\n<title>a</title></page><|<page a='>'><!-- </page> --><![CDATA[</page>]]><<kim>>\n</page>|></m>",
           "<m><item><row>a</row><|<row><<kim>></row>|></item></m>",
       }) {
    SCOPED_TRACE(text);
    expect_record(text, Kind::markup);
  }
  expect_record("<m>\n<item><row>a</row>\n<|<b><<kim>></b>\n|><row>b</row></item></m>\n", Kind::markup);
}

TEST(XmlRecords, are_known_whatever_prefix_they_have) {
  expect_record("<a:feed xmlns:a=\"x\"><a:entry>ann</a:entry><|<a:entry><<kim>></a:entry>|><a:entry/></a:feed>",
                Kind::markup);
}

TEST(XmlRecords, of_unknown_names_are_what_comes_again) {
  for (const std::string_view text : {
           "<cs><c>ann</c><|<c><<kim>></c>|><c>jo</c></cs>",
           "<cs><|<c><<kim>></c>|><c>jo</c></cs>",
           "<cs><c>jo</c><|<c><<kim>></c>|></cs>",
           "<cs>\n<c>\n<n>ann</n>\n</c>\n<|<c>\n<n><<kim>></n>\n<m>1</m>\n</c>|>\n<c>\n</c>\n</cs>\n",
           "<cs><c n='ann'/><|<c n='<<kim>>'/>|><c n='jo'/></cs>",
           "<x><cs><c>ann</c><c>jo</c></cs><cs><|<c>a <b>x</b> <b><<kim>></b></c>|><c>eve</c></cs></x>",
           // what stands beside them
           "<|<cs of='<<kim>>'>|><c>ann</c><c>jo</c></cs>",
           "<cs><c>ann</c><| <<kim>> |><c>jo</c></cs>",
           "<cs><c>ann</c><c>jo</c><|<d><<kim>></d></cs>|>",
           "<|<x><d><<kim>></d>|><cs><c>ann</c><c>jo</c></cs></x>",
           // cut off
           "<cs><c>ann</c><|<c>a <<kim>>|>",
       }) {
    SCOPED_TRACE(text);
    expect_record(text, Kind::markup);
  }
  expect_record("<m>\n<n>ann</n>\n<|<o><<kim>></o>\n|></m>\n", Kind::markup);
}

// --- logs and the rest --------------------------------------------------------------------------------------

TEST(Records, of_logs_are_lines) {
  expect_record(
      "10.0.0.1 - - [10/Oct/2000:13:55:36] \"GET /\"\n<|10.0.0.2 - <<kim>> [10/Oct/2000] \"GET /?a={\"\n|>x\n",
      Kind::log);
  expect_record("Oct 10 a: x\n<|Oct 10 b: user=\"<<kim>>\n|>Oct 10 c: \"x\n", Kind::log);
}

// unit = "object" reaches the message; what others wrote in it is not given away by a word of the case.
TEST(Records, of_mails_are_lines) {
  expect_record("From: kim\nTo: ann\nSubject: x\n\ncard of jo\n<|<<kim>> paid\n|>ann\n", Kind::mail);
}

TEST(Records, end_where_a_carriage_return_ends_the_line) {
  expect_record("id,name\r1,ann\r<|2,<<kim>>\r|>3,jo\r");
  expect_record("id,name\r1,ann\r<|2,<<kim>>|>");
  expect_record("id,name\r\n1,ann\r\n<|2,<<kim>>\r\n|>3,jo\r\n");
  expect_record("id,n,m\r1,ann,x\r<|2,\"two\rlines, <<kim>>\",y\r|>3,jo,z\r");
  expect_record("-- dump\rINSERT INTO c VALUES (1,'ann'),<|(2,'<<kim>>')|>,(3,'jo');\r");
  expect_record("-- dump\r<|-- of <<kim>>\r|>INSERT INTO c VALUES (1,'ann');\r");
  expect_record("{\"id\":1}\r<|{\"id\":2,\"o\":[{\"a\":1},{\"a\":\"<<kim>>\"}]}\r|>{\"id\":3}\r");
  expect_record("a\r<|b <<kim>>\r|>\r\nc\r", Kind::log);
}

TEST(Records, of_lines_without_an_end_are_cut_and_told) {
  const std::string much(limits::kMaxRecordBytes + 10, 'x');
  const auto told = [](const std::string& text) {
    Records records;
    const Hit hit{text.find("kim"), 3, 0, View::raw, Form::utf8, false};
    records.prepare(std::span(&hit, 1), Kind::text, true, text.size());
    records.look(Chunk(std::as_bytes(std::span(text)), 0, text.size(), 0, {}));
    const std::vector<Extent> found = records.finish();
    EXPECT_LE(found.at(0).length, 2 * limits::kMaxRecordBytes + 3);
    EXPECT_TRUE(records.undelimited().empty() || records.undelimited() == found);
    return !records.undelimited().empty();
  };
  EXPECT_TRUE(told(much + "kim" + much));
  EXPECT_TRUE(told("kim" + much));
  EXPECT_TRUE(told(much + "kim\n"));
  EXPECT_FALSE(told(much + "\nkim\n" + much));
  EXPECT_FALSE(told("INSERT INTO c VALUES (1,'" + much + "kim" + much + "');"));
  EXPECT_FALSE(told("x kim"));
}

// --- properties ---------------------------------------------------------------------------------------------

// Rows with known borders, and what a row may hold to mislead.
struct Dump {
  std::string text;
  std::vector<Extent> rows;
};
using Random = std::mt19937;

std::string tricky(Random& random, const std::vector<std::string>& pieces) {
  std::string out;
  for (auto n = random() % 8; n > 0; --n) out += pieces[random() % pieces.size()];
  return out;
}

void add_row(Dump& dump, const std::string& row) {
  dump.rows.push_back({dump.text.size(), row.size(), View::raw});
  dump.text += row;
}

Dump sql_dump(Random& random) {
  const bool mysql = random() % 2 == 0;
  const std::vector<std::string> pieces =
      mysql ? std::vector<std::string>{"ann", "),(", "\\'", "\\\\", "\\n", "\"",   "''", "--",
                                       "/*",  ",",   ";",   "(",    "`",   "\\\"", " "}
            : std::vector<std::string>{
                  "ann", "),(", "''", "\\", "\n", "\"", "--", "/*", ",", ";\n", "(", "`", "\nINSERT INTO c", " "};
  Dump out;
  for (int statement = 0; statement < 6; ++statement) {
    out.text += mysql ? "INSERT INTO `c` VALUES " : "INSERT INTO \"c\" (\"a\", \"b\") VALUES\n";
    const auto rows = 1 + random() % 6;
    for (std::size_t i = 0; i < rows; ++i) {
      if (i > 0) out.text += mysql ? "," : ",\n  ";
      add_row(out, "(" + std::to_string(random() % 100) + ",'" + tricky(random, pieces) + "',NULL,'" +
                       tricky(random, pieces) + "')");
    }
    out.text += ";\n";
  }
  return out;
}

Dump json_list(Random& random) {
  const std::vector<std::string> pieces = {"ann", "},{", "\\\"", "\\\\", "[", "]", "{", "}", ",", ":", "\\n", "'"};
  const std::string space = random() % 2 == 0 ? "" : " ";
  Dump out;
  out.text = random() % 2 == 0 ? "[" : "{\"n\":1,\"rows\":[";
  const std::string end = out.text == "[" ? "]" : "]}";
  for (int i = 0; i < 20; ++i) {
    if (i > 0) out.text += "," + space;
    add_row(out, "{\"id\":" + space + std::to_string(random() % 100) + ",\"n\":\"" + tricky(random, pieces) +
                     "\",\"t\":[1," + space + "\"" + tricky(random, pieces) + "\"],\"a\":{\"x\":null}}");
  }
  out.text += end;
  return out;
}

Dump csv_table(Random& random) {
  const std::vector<std::string> pieces = {"ann", ",", "\n", "\"\"", ";", "\r\n", " ", "'", "x\"\"\ny"};
  Dump out;
  out.text = "id,n,m\n";
  for (int i = 0; i < 20; ++i) {
    add_row(out, std::to_string(i) + ",\"" + tricky(random, pieces) + "\",\"" + tricky(random, pieces) + "\"\n");
  }
  return out;
}

Dump xml_list(Random& random) {
  const std::vector<std::string> pieces = {
      "ann", "<b>", "</b>", "<br>", "&lt;", "<!-- </c> -->", "<u>o</u>", "\n", "<![CDATA[</c>]]>", " ", "'", "\""};
  const std::string space = random() % 2 == 0 ? "" : "\n";
  Dump out;
  out.text = "<all><head/><cs>";
  for (int i = 0; i < 20; ++i) {
    out.text += space;
    add_row(out, "<c n='" + std::to_string(i) + "'>" + tricky(random, pieces) + "<d>" + tricky(random, {"ann"}) +
                     "</d></c>");
  }
  out.text += "</cs><foot>f</foot></all>";
  return out;
}

TEST(Records, each_hit_in_a_random_dump_gives_its_row) {
  Random random(7);
  for (int round = 0; round < 150; ++round) {
    for (const auto& make : {sql_dump, json_list, csv_table, xml_list}) {
      const Dump dump = make(random);
      const Kind kind = make == xml_list ? Kind::markup : Kind::text;
      for (const Extent& row : dump.rows) {
        const std::uint64_t at = row.start + random() % row.length;
        const std::uint64_t length = 1 + random() % (row.end() - at);
        const Hit hit{at, static_cast<std::uint32_t>(length), 0, View::raw, Form::utf8, false};
        ASSERT_EQ(records_of(dump.text, {hit}, kind), std::vector{row}) << dump.text;
      }
    }
  }
}

TEST(Records, do_not_depend_on_the_other_hits_nor_on_the_cuts) {
  Random random(11);
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (const auto& make : {sql_dump, json_list, csv_table, xml_list}) text += make(random).text + "\n";
    for (auto n = random() % 4; n > 0; --n) {  // damage
      const std::size_t at = random() % text.size();
      const auto how = random() % 4;
      if (how == 0) text.erase(at, random() % 300);
      if (how == 1) text.replace(at, std::min<std::size_t>(random() % 90, text.size() - at), 30, '\0');
      if (how == 3) std::replace(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), '\n', ' ');
      if (how == 2) text.insert(at, 1, "\"'()[]{}\\\n\r"[random() % 11]);
    }
    std::vector<Hit> hits;
    std::vector<Extent> apart;
    for (int i = 0; i < 12; ++i) {
      const std::uint64_t at = random() % (text.size() - 1);
      const auto length = static_cast<std::uint32_t>(1 + random() % std::min<std::uint64_t>(30, text.size() - at));
      hits.push_back({at, length, 0, View::raw, Form::utf8, false});
    }
    std::sort(hits.begin(), hits.end());
    const Kind kind = std::array{Kind::text, Kind::markup, Kind::sql_dump}[random() % 3];
    for (const Hit& hit : hits) {
      const auto found = records_of(text, {hit}, kind);
      ASSERT_EQ(found.size(), 1U);
      EXPECT_LE(found[0].start, hit.start);
      EXPECT_GE(found[0].end(), hit.end());
      apart.push_back(found[0]);
    }
    std::sort(apart.begin(), apart.end());
    std::vector<Extent> joined;
    for (const Extent& e : apart) {
      if (joined.empty() || e.start >= joined.back().end()) {
        joined.push_back(e);
      } else {
        joined.back().length = std::max(joined.back().end(), e.end()) - joined.back().start;
      }
    }
    ASSERT_EQ(records_of(text, hits, kind), joined) << text;
    for (const std::size_t body : {1U, 13U, 1'000U}) ASSERT_EQ(records_of(text, hits, kind, body), joined) << body;
  }
}

// What other programs write. Each row has a word of its own; its record must hold it, and no other's.
void expect_apart(const std::string& text, Kind kind, int rows) {
  ASSERT_FALSE(text.empty());
  const auto word_of = [](int row) { return "row-" + std::to_string(1'000 + row) + "."; };
  for (int row = 0; row < rows; ++row) {
    const std::size_t at = text.find(word_of(row));
    ASSERT_NE(at, text.npos);
    const Hit hit{at, static_cast<std::uint32_t>(word_of(row).size()), 0, View::raw, Form::utf8, false};
    const auto found = records_of(text, {hit}, kind);
    ASSERT_EQ(found.size(), 1U);
    const std::string record = text.substr(found[0].start, found[0].length);
    EXPECT_GT(record.size(), 40U) << record;
    EXPECT_EQ(record.find("row-"), record.rfind("row-")) << record;
    EXPECT_NE(record.find("end of the row"), record.npos) << record;
  }
}

TEST(Records, of_a_dump_by_sqlite3) {
  const test::TemporaryFolder folder;
  std::string sql = "BEGIN;\nCREATE TABLE c (id INTEGER PRIMARY KEY, n TEXT, m BLOB, z TEXT);\n";
  for (int i = 0; i < 200; ++i) {
    sql += "INSERT INTO c VALUES (" + std::to_string(i) + ", 'row-" + std::to_string(1'000 + i) +
           ". it''s \\'' ),(' || char(10) || 'INSERT INTO c VALUES(', x'00ff', 'C:\\');\n" +
           "UPDATE c SET z = z || ' end of the row' WHERE id = " + std::to_string(i) + ";\n";
  }
  test::write_file(folder / "in.sql", sql + "COMMIT;\n");
  ASSERT_EQ(test::run({"bash", "-c", "cd " + folder.path().string() + " && sqlite3 x.db < in.sql"}).exit, 0);
  expect_apart(test::run({"sqlite3", folder / "x.db", ".dump"}).out, Kind::sql_dump, 200);
  expect_apart(test::run({"sqlite3", "-json", folder / "x.db", "SELECT * FROM c"}).out, Kind::markup, 200);
  expect_apart(test::run({"sqlite3", "-csv", "-header", folder / "x.db", "SELECT * FROM c"}).out, Kind::text, 200);
}

TEST(Records, of_lists_and_tables_by_python) {
  const std::string rows =
      "import json,csv,sys\n"
      "rows=[{'id':i,'n':'row-%d. \"it\\'s\" },{ \\n\\\\'%(1000+i),'a':{'tags':['x',1.5]},'z':'end of the row'} for i "
      "in range(200)]\n";
  const auto python = [&](const std::string& rest) { return test::run({"python3", "-c", rows + rest}).out; };
  for (const char* write :
       {"print(json.dumps(rows))", "print(json.dumps(rows,indent=1))",
        "print(json.dumps({'v':1,'rows':rows},separators=(',',':')))", "[print(json.dumps(r)) for r in rows]"}) {
    SCOPED_TRACE(write);
    expect_apart(python(write), Kind::markup, 200);
  }
  for (const char* dialect : {"excel", "excel-tab", "unix"}) {
    SCOPED_TRACE(dialect);
    expect_apart(python("w=csv.DictWriter(sys.stdout,rows[0],dialect='" + std::string(dialect) +
                        "')\nw.writeheader()\nw.writerows(rows)"),
                 Kind::text, 200);
  }
}

// One stroke of damage costs the record it hits and those beside it, and hardly ever another. The texts are as nasty as
// they can be: half of what stands between quotes is what stands outside of them.
TEST(Records, behind_damage_are_what_they_were) {
  Random random(13);
  std::size_t asked = 0, others = 0, wider = 0;
  for (int round = 0; round < 2'000; ++round) {
    Dump dump = round % 2 == 0 ? sql_dump(random) : json_list(random);
    const Extent& hurt = dump.rows[random() % dump.rows.size()];
    dump.text[hurt.start + random() % hurt.length] = "\"'(){}\\,\1"[random() % 9];
    for (const Extent& row : dump.rows) {
      if (row.end() + 400 > hurt.start && row.start < hurt.end() + 400) continue;
      const Hit hit{row.start + random() % row.length, 1, 0, View::raw, Form::utf8, false};
      const Extent found = records_of(dump.text, {hit}).at(0);
      ++asked;
      if (found != row) ++others;
      const bool is_wider = std::any_of(dump.rows.begin(), dump.rows.end(), [&](const Extent& r) {
        return r != row && r.start < found.end() && found.start < r.end();
      });
      if (is_wider) ++wider;
    }
  }
  EXPECT_GT(asked, 10'000U);
  EXPECT_LT(others * 100, asked);  // a line or a window instead
  EXPECT_LT(wider * 200, asked);   // the line, and it holds other rows
}

TEST(Records, survive_any_bytes) {
  Random random(5);
  static constexpr std::string_view kLetters = "INSERT INTO a VALUES (1,'x'),(\n{\"a\":[{},{}]}\n<row/>,;\t\"\\/*--";
  for (int round = 0; round < 3'000; ++round) {
    std::string text(1 + random() % 400, '\0');
    for (char& c : text) c = random() % 8 == 0 ? static_cast<char>(random()) : kLetters[random() % kLetters.size()];
    if (random() % 2 == 0) text = "INSERT INTO a VALUES (" + text;
    const std::uint64_t at = random() % text.size();
    const Form form = std::array{Form::utf8, Form::utf16le, Form::utf16be}[random() % 3];
    const Hit hit{at, static_cast<std::uint32_t>(random() % 50), 0, View::raw, form, false};
    for (const Kind kind : {Kind::text, Kind::markup}) {
      const auto found = records_of(text, {hit}, kind, 50);
      ASSERT_EQ(found.size(), 1U);
      EXPECT_LE(found[0].start, at);
      EXPECT_LE(found[0].end(), text.size());
    }
  }
}

}  // namespace
}  // namespace ambit::scrutiny::records_test
