// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/yaml/yaml.h"

#include <nlohmann/json.hpp>

#include <QTest>

using namespace muster;
using Json = nlohmann::json;

namespace {

Json read(const std::string &text)
{
    const auto value = yaml::parse(text);
    if (!value)
        qWarning("%s", value.error().display().c_str());
    return value.value_or(Json("not readable"));
}

std::string refusal(const std::string &text, const yaml::Limits &limits = {})
{
    const auto value = yaml::parse(text, limits);
    return value ? "was read: " + value->dump().substr(0, 200) : value.error().display();
}

bool contains(const std::string &text, const char *part)
{
    if (text.find(part) != std::string::npos)
        return true;
    qWarning("no “%s” in: %s", part, text.c_str());
    return false;
}

/// Nine levels of nine aliases: 9^9 texts in 300 bytes.
std::string billionLaughs()
{
    std::string text = "a: &a [\"lol\",\"lol\",\"lol\",\"lol\",\"lol\",\"lol\",\"lol\",\"lol\",\"lol\"]\n";
    for (char name = 'b'; name <= 'i'; ++name) {
        const std::string below(1, static_cast<char>(name - 1));
        text += std::string(1, name) + ": &" + name + " [";
        for (int i = 0; i < 9; ++i)
            text += (i > 0 ? ",*" : "*") + below;
        text += "]\n";
    }
    return text;
}

} // namespace

class TestYaml : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsMapsListsAndTexts()
    {
        const auto value = read("scrape_configs:\n  - job_name: 'api'\n    static_configs:\n      - targets: ['api1:9102', \"api2:9102\"]\n    note: |\n      two\n      lines\n");
        QVERIFY(value["scrape_configs"][0]["static_configs"][0]["targets"] == Json::array({"api1:9102", "api2:9102"}));
        QVERIFY(value["scrape_configs"][0]["note"] == "two\nlines\n");
    }

    void readsJsonToo()
    {
        QVERIFY(read("{\"openapi\": \"3.1.0\", \"paths\": {\"/items\": {\"get\": {\"responses\": {\"200\": {}}}}}}")["paths"]["/items"]["get"]["responses"].contains("200"));
    }

    void readsWordsAsYaml12Has()
    {
        const auto value = read("[yes, No, on, NO, 1:30, 2024-01-31, true, False, ~, null, '', 'true', \"12\"]");
        QVERIFY(value == Json::array({"yes", "No", "on", "NO", "1:30", "2024-01-31", true, false, nullptr, nullptr, "", "true", "12"}));
    }

    void readsNumbersAsYaml12Has()
    {
        const auto value = read("[12, 012, +7, -3, 0o14, 0xff, 2.0, 1e3, .5, 1_000, 0b11, 1e, ., -, .inf, .NaN, 9223372036854775808, 1e999]");
        QVERIFY(value == Json::array({12, 12, 7, -3, 12, 255, 2.0, 1000.0, 0.5, "1_000", "0b11", "1e", ".", "-", ".inf", ".NaN", 9223372036854775808.0, "1e999"}));
        QVERIFY(value[6].is_number_float());
    }

    void obeysTheTagsOfTheCoreSchema()
    {
        QVERIFY(read("[!!str 12, !!int \"12\", !!bool 'true', !own 12]") == Json::array({"12", 12, true, "12"}));
    }

    void keepsKeysAsWritten()
    {
        QVERIFY(read("200: a\nyes: b\n1.10: c\n") == Json({{"200", "a"}, {"yes", "b"}, {"1.10", "c"}}));
    }

    void readsNothingAsNull()
    {
        QVERIFY(read("").is_null());
        QVERIFY(read("# only a comment\n").is_null());
    }

    void repeatsAliases()
    {
        QVERIFY(read("a: &x {k: [1, 2]}\nb: *x\nc: &t text\nd: *t\n") == Json({{"a", {{"k", {1, 2}}}}, {"b", {{"k", {1, 2}}}}, {"c", "text"}, {"d", "text"}}));
    }

    void mergesWithOwnKeysFirst()
    {
        const auto value = read("one: &one {a: 1, b: 1}\ntwo: &two {b: 2, c: 2}\nall:\n  <<: [*one, *two]\n  a: 0\nsingle: {<<: *two, d: 3}\nquoted: {\"<<\": 1}\n");
        QVERIFY(value["all"] == Json({{"a", 0}, {"b", 1}, {"c", 2}}));
        QVERIFY(value["single"] == Json({{"b", 2}, {"c", 2}, {"d", 3}}));
        QVERIFY(value["quoted"] == Json({{"<<", 1}}));
        QVERIFY(contains(refusal("a: {<<: 3}"), "wants a map"));
    }

    void refusesTheBillionLaughs()
    {
        const auto text = billionLaughs();
        QVERIFY(text.size() < 500);
        QVERIFY(contains(refusal(text), "that aliases repeat"));
    }

    void refusesLongTextsThatAliasesRepeat()
    {
        std::string text = "a: &a " + std::string(1'000'000, 'x') + "\nb: [";
        for (int i = 0; i < 100; ++i)
            text += "*a, ";
        QVERIFY(contains(refusal(text + "]\n"), "bytes of text, counted with"));
    }

    void refusesAnAliasOfItself()
    {
        QVERIFY(contains(refusal("a: &a\n  b: *a\n"), "line 2, column 6: this alias stands inside"));
        QVERIFY(contains(refusal("a: *nowhere\n"), "line 1, column 4: "));
    }

    void refusesDuplicateKeysWithTheirPlace()
    {
        QVERIFY(contains(refusal("a: 1\nb:\n  c: 1\n  c: 2\n"), "line 4, column 3: this key stands twice"));
        QVERIFY(contains(refusal("{a: 1, \"a\": 2}"), "line 1, column 8: this key stands twice"));
    }

    void refusesKeysThatAreNoTexts()
    {
        QVERIFY(contains(refusal("? [a, b]\n: c\n"), "a key must be a text"));
        QVERIFY(contains(refusal("a: &a {b: 1}\n? *a\n: c\n"), "a key must be a text"));
    }

    void refusesWhatIsTooDeep()
    {
        QVERIFY(contains(refusal(std::string(10'000, '[') + std::string(10'000, ']')), "nested deeper than 64 levels"));
        QVERIFY(contains(refusal(std::string(10'000, '{')), "a key must be a text"));
        std::string block;
        for (int i = 0; i < 100; ++i)
            block += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
        QVERIFY(contains(refusal(block), "nested deeper than 64 levels"));
        QVERIFY(read(std::string(64, '[') + std::string(64, ']')).is_array());
    }

    void refusesDepthMadeByAliases()
    {
        std::string text = "a0: &a0 [1]\n";
        for (int i = 1; i < 100; ++i)
            text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
        QVERIFY(contains(refusal(text), "by this alias"));
    }

    void refusesWhatIsTooLarge()
    {
        yaml::Limits limits;
        limits.bytes = 10;
        QVERIFY(contains(refusal("0123456789a", limits), "larger than 10 bytes"));
        limits = {};
        limits.nodes = 5;
        QVERIFY(contains(refusal("[1, 2, 3, 4, 5]", limits), "line 1, column 14: more than 5 values"));
    }

    void refusesSeveralDocuments()
    {
        QVERIFY(contains(refusal("a: 1\n---\nb: 2\n"), "a second document begins here"));
        QVERIFY(read("---\na: 1\n...\n").is_object());
    }

    void refusesWhatIsNotUtf8()
    {
        QVERIFY(contains(refusal("a: \xff\xfe\n"), "not UTF-8"));
        QVERIFY(contains(refusal(std::string("a: \0 b\n", 7)), "not UTF-8"));
        QVERIFY(contains(refusal("a: \"\\ud800\"\n"), "line 1, column"));
    }

    void saysWhereTheTextIsBroken()
    {
        QVERIFY(contains(refusal("a: 1\nb: [1, 2\nc: 3\n"), "line 3, column"));
        QVERIFY(contains(refusal("a: 'closed' b\n"), "line 1, column"));
        QVERIFY(contains(refusal("a:\n\t- tab\n"), "line 2, column"));
    }
};

QTEST_APPLESS_MAIN(TestYaml)
#include "tst_yaml.moc"
