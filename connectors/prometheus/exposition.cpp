// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/exposition.h"

#include "connectors/http/headers.h"
#include "connectors/prometheus/familychecker.h"
#include "models/facts/fact.h"

#include <algorithm>
#include <array>
#include <memory>
#include <set>

namespace muster::prometheus {

namespace {

constexpr std::size_t kProblems = 20;
constexpr std::size_t kFamilies = 100000;
constexpr std::size_t kPiece = 32UL * 1024; // bytes that are looked at before they are read, so that they are still in the cache then
constexpr std::size_t kMetadata = 1024; // bytes of a comment that are looked at for its first words
constexpr std::array kOpenTypes = {"unknown", "gauge", "counter", "stateset", "info", "histogram", "gaugehistogram", "summary"};
constexpr std::array kTextTypes = {"untyped", "gauge", "counter", "histogram", "summary"};

constexpr std::array kParts = {"_bucket", "_count", "_sum"}; // of a histogram or summary in the text format

template<std::size_t N>
bool isOneOf(const std::array<const char *, N> &words, std::string_view word)
{
    return std::ranges::any_of(words, [&](const char *w) { return word == w; });
}

bool isAscii(std::string_view text)
{
    unsigned char seen = 0;
    for (const char c : text)
        seen |= static_cast<unsigned char>(c);
    return seen < 0x80U;
}

/// Length of the valid UTF-8 at the start; equals the size when all is valid.
std::size_t validUtf8(std::string_view text)
{
    std::size_t i = 0;
    while (i < text.size()) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const std::size_t length = byte < 0x80U ? 1 : byte >= 0xC2U && byte < 0xE0U ? 2 : byte >= 0xE0U && byte < 0xF0U ? 3 : byte >= 0xF0U && byte < 0xF5U ? 4 : 0;
        if (length == 0 || i + length > text.size())
            return i;
        for (std::size_t k = 1; k < length; ++k) {
            if ((static_cast<unsigned char>(text[i + k]) & 0xC0U) != 0x80U)
                return i;
        }
        i += length;
    }
    return i;
}

bool isGrouped(const Family &family)
{
    return family.type == "histogram" || family.type == "summary";
}

std::string_view unquoted(std::string_view name)
{
    return name.size() > 2 && name.starts_with('"') && name.ends_with('"') ? name.substr(1, name.size() - 2) : name;
}

/// Line by line over one exposition.
class Parser {
public:
    Parser(Format format, Mode mode, const SampleVisitor &visit) : m_format(format), m_mode(mode), m_visit(visit), m_lexer(format) {}
    Exposition run(std::string_view bytes);

private:
    using Entry = std::map<std::string, Family, std::less<>>::value_type;

    Format m_format;
    Mode m_mode;
    const SampleVisitor &m_visit;
    SampleLexer m_lexer;
    Exposition m_out;
    std::size_t m_line = 0;
    bool m_isAscii = false;                   ///< up to m_looked
    const char *m_looked = nullptr;
    bool m_isEnded = false;
    bool m_isFull = false;
    Entry m_overflow; ///< what comes after the last family that is kept

    std::string m_current;                    ///< OpenMetrics: the running family
    Family *m_family = nullptr;               ///< OpenMetrics: its entry
    std::set<std::string> m_meta;             ///< OpenMetrics: HELP, TYPE, UNIT seen of the running family
    std::string m_unit;
    std::set<std::string, std::less<>> m_names; ///< OpenMetrics: sample and family names that are taken
    std::unique_ptr<FamilyChecker> m_checker; ///< set from the running family's first sample on

    std::set<std::string, std::less<>> m_typed;  ///< Text: families with a TYPE
    std::set<std::string, std::less<>> m_helped; ///< Text: families with a HELP
    std::string_view m_lastName;              ///< Text: of the sample before
    Entry *m_lastFamily = nullptr; ///< Text: where that one was counted

    [[nodiscard]] bool isStopped() const { return m_isFull || (m_mode == Mode::Strict && !m_out.problems.empty()); }
    void complain(std::string words, std::size_t column = 1)
    {
        if (m_out.problems.size() < kProblems)
            m_out.problems.push_back({m_line, column, clamp(words, 300)});
    }
    Entry &entry(std::string_view name);
    Family &family(std::string_view name) { return entry(name).second; }
    void lookAhead(std::string_view rest, std::size_t length);
    void readLine(std::string_view line);
    void readText(std::string_view line);
    void readTextComment(std::string_view line);
    void readTextType(std::string_view name, std::string_view type);
    void readOpen(std::string_view line);
    void readMetadata(std::string_view line);
    void readSample(std::string_view line);
    void openFamily(std::string_view name);
    void closeFamily();
    [[nodiscard]] bool isOfRunningFamily(std::string_view sample) const;
    [[nodiscard]] bool isOfLastFamily(std::string_view sample) const;
    [[nodiscard]] std::string_view familyOf(std::string_view sample) const;
};

Parser::Entry &Parser::entry(std::string_view name)
{
    const auto it = m_out.families.lower_bound(name);
    if (it != m_out.families.end() && it->first == name)
        return *it;
    if (m_out.families.size() >= kFamilies) {
        if (!m_isFull)
            complain("more than 100000 metric families: the rest was not read");
        m_isFull = true;
        return m_overflow;
    }
    return *m_out.families.emplace_hint(it, name, Family{});
}

void Parser::readTextType(std::string_view name, std::string_view type)
{
    if (!isOneOf(kTextTypes, type))
        return complain("TYPE wants a name and one of counter, gauge, histogram, summary, untyped");
    if (!m_typed.emplace(name).second)
        return complain("a second TYPE for " + std::string(name));
    auto &typed = family(name);
    if (typed.samples > 0)
        return complain("the TYPE of " + std::string(name) + " stands after its samples");
    typed.type = type == "untyped" ? "unknown" : type;
    m_lastFamily = nullptr;
}

void Parser::readTextComment(std::string_view line)
{
    // # TYPE http_requests_total counter
    // # HELP http_requests_total Requests, by method and code.
    const auto words = http::splitOutsideQuotes(http::trimmed(line.substr(1, kMetadata)), ' ');
    if (words.size() < 2 || (words[0] != "TYPE" && words[0] != "HELP"))
        return;
    const auto name = unquoted(words[1]);
    if (words[0] == "HELP") {
        if (!m_helped.emplace(name).second)
            complain("a second HELP for " + std::string(name));
    } else if (words.size() != 3) {
        complain("TYPE wants a name and one of counter, gauge, histogram, summary, untyped");
    } else {
        readTextType(name, words[2]);
    }
}

/// Most samples whose name is another than the one before's are the next part of the same histogram.
bool Parser::isOfLastFamily(std::string_view sample) const
{
    if (!m_lastFamily || !sample.starts_with(m_lastFamily->first) || !isGrouped(m_lastFamily->second))
        return false;
    return isOneOf(kParts, sample.substr(m_lastFamily->first.size()));
}

std::string_view Parser::familyOf(std::string_view sample) const
{
    for (const std::string_view suffix : kParts) {
        if (!sample.ends_with(suffix))
            continue;
        const auto base = sample.substr(0, sample.size() - suffix.size());
        const auto it = m_out.families.find(base);
        if (it != m_out.families.end() && isGrouped(it->second))
            return base;
    }
    return sample;
}

void Parser::readText(std::string_view line)
{
    std::size_t first = 0;
    while (first < line.size() && (line[first] == ' ' || line[first] == '\t'))
        ++first;
    if (first == line.size())
        return;
    if (line[first] == '#')
        return readTextComment(line.substr(first));
    if (!m_lexer.lex(line)) {
        const auto problem = m_lexer.problem();
        return complain(problem.words, problem.column);
    }
    const auto &sample = m_lexer.sample();
    if (!m_lastFamily || (!m_lexer.isNameKept() && sample.name != m_lastName && !isOfLastFamily(sample.name)))
        m_lastFamily = &entry(familyOf(sample.name));
    m_lastName = sample.name;
    ++m_out.series;
    ++m_lastFamily->second.samples;
    if (m_visit)
        m_visit(sample);
}

void Parser::closeFamily()
{
    if (m_checker) {
        if (const auto problem = m_checker->finish())
            complain(*problem);
    }
    m_checker.reset();
    if (!m_unit.empty() && m_family && (m_family->type == "info" || m_family->type == "stateset"))
        complain("an " + m_family->type + " has no unit");
    m_unit.clear();
    m_meta.clear();
    if (!m_family)
        return;
    std::set<std::string> taken = {m_current};
    for (const auto &suffix : suffixesOf(m_family->type))
        taken.insert(m_current + suffix);
    for (const auto &name : taken) {
        if (!m_names.insert(name).second)
            complain("the name " + name + " belongs to two families");
    }
    m_current.clear();
    m_family = nullptr;
}

void Parser::openFamily(std::string_view name)
{
    closeFamily();
    if (m_names.contains(name))
        complain("the name " + std::string(name) + " was used before: the samples of a family stand together");
    m_current = name;
    m_family = &family(name);
}

void Parser::readMetadata(std::string_view line)
{
    // # TYPE name type      # HELP name text      # UNIT name unit
    const auto kind = line.substr(2, 4);
    if (line.size() < 8 || line[6] != ' ' || !(kind == "TYPE" || kind == "HELP" || kind == "UNIT"))
        return complain("only HELP, TYPE, UNIT and EOF may follow #");
    const auto rest = line.substr(7);
    const auto space = rest.find(' ');
    const auto name = rest.substr(0, space);
    if (space == std::string_view::npos || !isMetricName(name))
        return complain(std::string(kind) + " wants a metric name and a text", 8);
    if (name != m_current || !m_family)
        openFamily(name);
    if (m_checker)
        return complain("metadata after the samples of " + m_current);
    if (!m_meta.emplace(kind).second)
        return complain("a second " + std::string(kind) + " for " + m_current);
    const std::string text(rest.substr(space + 1));
    if (kind == "TYPE") {
        if (!isOneOf(kOpenTypes, text))
            return complain("\"" + text + "\" is no type", 8 + space + 1);
        m_family->type = text;
    } else if (kind == "UNIT") {
        if (!text.empty() && !m_current.ends_with("_" + text))
            return complain("the name does not end with its unit", 8 + space + 1);
        m_unit = text;
    }
}

bool Parser::isOfRunningFamily(std::string_view sample) const
{
    if (!m_family || !sample.starts_with(m_current))
        return false;
    const auto &suffixes = suffixesOf(m_family->type);
    return std::ranges::find(suffixes, sample.substr(m_current.size())) != suffixes.end();
}

void Parser::readSample(std::string_view line)
{
    if (!m_lexer.lex(line)) {
        const auto problem = m_lexer.problem();
        return complain(problem.words, problem.column);
    }
    const auto &sample = m_lexer.sample();
    if (!(m_checker && m_lexer.isNameKept()) && !isOfRunningFamily(sample.name))
        openFamily(sample.name);
    if (!m_checker)
        m_checker = std::make_unique<FamilyChecker>(m_current, m_family->type);
    if (const auto problem = m_checker->add(sample))
        return complain(*problem);
    ++m_out.series;
    ++m_family->samples;
    if (m_visit)
        m_visit(sample);
}

void Parser::readOpen(std::string_view line)
{
    if (m_isEnded)
        return complain("text after # EOF");
    if (line.empty())
        return complain("a blank line");
    if (line == "# EOF") {
        m_isEnded = true;
        return closeFamily();
    }
    if (line.starts_with('#'))
        return line.size() > 2 && line[1] == ' ' ? readMetadata(line) : complain("a comment");
    readSample(line);
}

/// Is the line of this length at the start of `rest` plain ASCII, and what follows it?
void Parser::lookAhead(std::string_view rest, std::size_t length)
{
    if (m_looked && rest.data() + length <= m_looked)
        return;
    const auto piece = rest.substr(0, std::max(length, kPiece));
    m_isAscii = isAscii(piece);
    m_looked = piece.data() + piece.size();
}

void Parser::readLine(std::string_view line)
{
    ++m_line;
    if (!m_isAscii) {
        if (const auto valid = validUtf8(line); valid < line.size())
            return complain("bytes that are no UTF-8", valid + 1);
    }
    if (m_format == Format::Text)
        readText(line);
    else
        readOpen(line);
}

Exposition Parser::run(std::string_view bytes)
{
    std::size_t begin = 0;
    while (begin < bytes.size() && !isStopped()) {
        const auto end = bytes.find('\n', begin);
        const auto line = bytes.substr(begin, end - begin);
        lookAhead(bytes.substr(begin), line.size());
        readLine(line);
        if (end == std::string_view::npos) {
            if (m_format == Format::Text)
                complain("the last line has no end");
            break;
        }
        begin = end + 1;
    }
    if (m_format == Format::OpenMetrics && !m_isEnded && !isStopped()) {
        ++m_line;
        complain("no # EOF at the end: the exposition is cut off");
    }
    std::erase_if(m_out.families, [](const auto &entry) { return entry.second.samples == 0; });
    return std::move(m_out);
}

} // namespace

std::optional<Format> formatOf(std::string_view contentType)
{
    const auto parts = http::splitOutsideQuotes(contentType, ';');
    const auto type = parts.empty() ? std::string() : http::lowered(parts.front());
    if (type == "text/plain")
        return Format::Text;
    return type == "application/openmetrics-text" ? std::optional(Format::OpenMetrics) : std::nullopt;
}

std::string Problem::text() const
{
    return "line " + std::to_string(line) + ", column " + std::to_string(column) + ": " + words;
}

Exposition parseExposition(std::string_view bytes, Format format, Mode mode, const SampleVisitor &visit)
{
    return Parser(format, mode, visit).run(bytes);
}

} // namespace muster::prometheus
