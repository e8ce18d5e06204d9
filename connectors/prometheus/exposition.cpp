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
constexpr std::array kOpenTypes = {"unknown", "gauge", "counter", "stateset", "info", "histogram", "gaugehistogram", "summary"};
constexpr std::array kTextTypes = {"untyped", "gauge", "counter", "histogram", "summary"};

template<std::size_t N>
bool isOneOf(const std::array<const char *, N> &words, std::string_view word)
{
    return std::ranges::any_of(words, [&](const char *w) { return word == w; });
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

/// Line by line over one exposition.
class Parser {
public:
    Parser(Format format, Mode mode) : m_format(format), m_mode(mode) {}
    Exposition run(std::string_view bytes);

private:
    Format m_format;
    Mode m_mode;
    Exposition m_out;
    std::size_t m_line = 0;
    bool m_isEnded = false;
    std::string m_current;                    ///< OpenMetrics: the running family
    std::set<std::string> m_meta;             ///< OpenMetrics: HELP, TYPE, UNIT seen of the running family
    std::string m_unit;
    std::set<std::string> m_names;            ///< OpenMetrics: sample and family names that are taken
    std::unique_ptr<FamilyChecker> m_checker; ///< set from the running family's first sample on
    std::set<std::string> m_typed;            ///< Text: families with a TYPE

    [[nodiscard]] bool isStopped() const { return m_mode == Mode::Strict && !m_out.problems.empty(); }
    void complain(std::string words, std::size_t column = 1)
    {
        if (m_out.problems.size() < kProblems)
            m_out.problems.push_back({m_line, column, clamp(words, 300)});
    }
    void readLine(std::string_view line);
    void readText(std::string_view line);
    void readTextComment(std::string_view line);
    void readOpen(std::string_view line);
    void readMetadata(std::string_view line);
    void readSample(std::string_view line);
    void openFamily(const std::string &name);
    void closeFamily();
    [[nodiscard]] std::string familyOf(const std::string &sample) const;
};

void Parser::readTextComment(std::string_view line)
{
    // # TYPE http_requests_total counter
    const auto words = http::splitOutsideQuotes(http::trimmed(line.substr(1)), ' ');
    if (words.size() < 2 || words[0] != "TYPE")
        return;
    if (words.size() != 3 || !isOneOf(kTextTypes, words[2]))
        return complain("TYPE wants a name and one of counter, gauge, histogram, summary, untyped");
    if (!m_typed.insert(words[1]).second)
        return complain("a second TYPE for " + words[1]);
    m_out.families[words[1]].type = words[2] == "untyped" ? "unknown" : words[2];
}

std::string Parser::familyOf(const std::string &sample) const
{
    for (const char *suffix : {"_bucket", "_count", "_sum"}) {
        if (!sample.ends_with(suffix))
            continue;
        const auto base = sample.substr(0, sample.size() - std::string_view(suffix).size());
        const auto it = m_out.families.find(base);
        if (it != m_out.families.end() && (it->second.type == "histogram" || it->second.type == "summary"))
            return base;
    }
    return sample;
}

void Parser::readText(std::string_view line)
{
    const auto bare = http::trimmed(line);
    if (bare.empty())
        return;
    if (bare.starts_with('#'))
        return readTextComment(bare);
    const auto sample = lexSample(line, Format::Text);
    if (!sample)
        return complain(sample.error().words, sample.error().column);
    ++m_out.series;
    ++m_out.families[familyOf(sample->name)].samples;
}

void Parser::closeFamily()
{
    if (m_checker) {
        if (const auto problem = m_checker->finish())
            complain(*problem);
    }
    m_checker.reset();
    const auto it = m_out.families.find(m_current);
    if (!m_unit.empty() && it != m_out.families.end() && (it->second.type == "info" || it->second.type == "stateset"))
        complain("an " + it->second.type + " has no unit");
    m_unit.clear();
    m_meta.clear();
    if (it == m_out.families.end())
        return;
    std::set<std::string> taken = {m_current};
    for (const auto &suffix : suffixesOf(it->second.type))
        taken.insert(m_current + suffix);
    for (const auto &name : taken) {
        if (!m_names.insert(name).second)
            complain("the name " + name + " belongs to two families");
    }
    m_current.clear();
}

void Parser::openFamily(const std::string &name)
{
    closeFamily();
    if (m_names.contains(name))
        complain("the name " + name + " was used before: the samples of a family stand together");
    m_current = name;
    m_out.families[name];
}

void Parser::readMetadata(std::string_view line)
{
    // # TYPE name type      # HELP name text      # UNIT name unit
    const auto kind = line.substr(2, 4);
    if (line.size() < 8 || line[6] != ' ' || !(kind == "TYPE" || kind == "HELP" || kind == "UNIT"))
        return complain("only HELP, TYPE, UNIT and EOF may follow #");
    const auto rest = line.substr(7);
    const auto space = rest.find(' ');
    const std::string name(rest.substr(0, space));
    if (space == std::string_view::npos || !isMetricName(name))
        return complain(std::string(kind) + " wants a metric name and a text", 8);
    if (name != m_current || m_out.families.find(name) == m_out.families.end())
        openFamily(name);
    if (m_checker)
        return complain("metadata after the samples of " + name);
    if (!m_meta.insert(std::string(kind)).second)
        return complain("a second " + std::string(kind) + " for " + name);
    const std::string text(rest.substr(space + 1));
    if (kind == "TYPE") {
        if (!isOneOf(kOpenTypes, text))
            return complain("\"" + text + "\" is no type", 8 + space + 1);
        m_out.families[name].type = text;
    } else if (kind == "UNIT") {
        if (!text.empty() && !name.ends_with("_" + text))
            return complain("the name does not end with its unit", 8 + space + 1);
        m_unit = text;
    }
}

void Parser::readSample(std::string_view line)
{
    const auto sample = lexSample(line, Format::OpenMetrics);
    if (!sample)
        return complain(sample.error().words, sample.error().column);
    bool isOwn = false;
    if (!m_current.empty() && sample->name.starts_with(m_current)) {
        const auto &suffixes = suffixesOf(m_out.families[m_current].type);
        isOwn = std::ranges::find(suffixes, sample->name.substr(m_current.size())) != suffixes.end();
    }
    if (!isOwn)
        openFamily(sample->name);
    auto &family = m_out.families[m_current];
    if (!m_checker)
        m_checker = std::make_unique<FamilyChecker>(m_current, family.type);
    if (const auto problem = m_checker->add(*sample))
        return complain(*problem);
    ++m_out.series;
    ++family.samples;
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

void Parser::readLine(std::string_view line)
{
    ++m_line;
    if (const auto valid = validUtf8(line); valid < line.size())
        return complain("bytes that are no UTF-8", valid + 1);
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
        readLine(bytes.substr(begin, end - begin));
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
    return m_out;
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

Exposition parseExposition(std::string_view bytes, Format format, Mode mode)
{
    return Parser(format, mode).run(bytes);
}

} // namespace muster::prometheus
