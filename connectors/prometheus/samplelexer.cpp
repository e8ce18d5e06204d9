// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/samplelexer.h"

#include "connectors/http/headers.h"
#include "connectors/http/json.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace muster::prometheus {

namespace {

constexpr std::size_t kLabels = 256;

enum CharClass : unsigned { Letter = 1, Digit = 2, Colon = 4, Blank = 8, ValueEnd = 16 };

constexpr std::array<std::uint8_t, 256> kClasses = [] {
    std::array<std::uint8_t, 256> classes{};
    for (unsigned c = 'a'; c <= 'z'; ++c)
        classes[c] = classes[c - 'a' + 'A'] = Letter;
    classes['_'] = Letter;
    for (unsigned c = '0'; c <= '9'; ++c)
        classes[c] = Digit;
    classes[':'] = Colon;
    classes[' '] = classes['\t'] = Blank;
    classes['"'] = classes['\\'] = ValueEnd;
    return classes;
}();

bool is(char c, unsigned classes)
{
    return (kClasses[static_cast<unsigned char>(c)] & classes) != 0;
}

/// Go and OpenMetrics take NaN and Inf in any case; hex floats and underscores are taken by neither.
std::optional<double> parseWord(std::string_view text)
{
    const auto lower = http::lowered(text);
    if (lower == "nan")
        return std::numeric_limits<double>::quiet_NaN();
    if (lower == "inf" || lower == "+inf" || lower == "infinity" || lower == "+infinity")
        return std::numeric_limits<double>::infinity();
    if (lower == "-inf" || lower == "-infinity")
        return -std::numeric_limits<double>::infinity();
    return http::parseNumber(text);
}

/// A plain decimal number at the front of `text` that its double says exactly, or rounds correctly in one division (both operands are exact).
/// Most values are such: "17", "1234.5". Returns its length; 0 for everything else, which the slow way reads.
std::size_t plainDecimal(std::string_view text, double &value)
{
    constexpr std::size_t kExact = 15; // decimal digits that a double holds
    static constexpr std::array<double, kExact + 1> kTens = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    std::uint64_t digits = 0;
    std::size_t at = 0;
    const auto limit = std::min(text.size(), kExact + 1);
    while (at < limit && is(text[at], Digit))
        digits = digits * 10 + static_cast<std::uint64_t>(text[at++] - '0');
    auto count = at;
    std::size_t decimals = 0;
    if (at > 0 && at < limit && text[at] == '.') {
        const auto point = at++;
        while (at < limit && is(text[at], Digit))
            digits = digits * 10 + static_cast<std::uint64_t>(text[at++] - '0');
        decimals = at - point - 1;
        count += decimals;
        if (decimals == 0)
            return 0;
    }
    if (at == 0 || count > kExact || (at < text.size() && !is(text[at], Blank)))
        return 0;
    value = decimals == 0 ? static_cast<double>(digits) : static_cast<double>(digits) / kTens[decimals];
    return at;
}

std::optional<double> parseFloat(std::string_view text)
{
    if (text.empty())
        return std::nullopt;
    if (is(text.front(), Digit) || text.front() == '-') {
        double value = 0;
        const auto *end = text.data() + text.size();
        if (const auto [stop, error] = std::from_chars(text.data(), end, value); error == std::errc() && stop == end && std::isfinite(value))
            return value;
    }
    return parseWord(text);
}

std::size_t sharedPrefix(std::string_view one, std::string_view other)
{
    const auto size = std::min(one.size(), other.size());
    std::size_t at = 0;
    for (std::uint64_t a = 0, b = 0; at + sizeof a <= size; at += sizeof a) {
        std::memcpy(&a, one.data() + at, sizeof a);
        std::memcpy(&b, other.data() + at, sizeof b);
        if (a != b) {
            static_assert(std::endian::native == std::endian::little || std::endian::native == std::endian::big);
            const auto differing = std::endian::native == std::endian::little ? std::countr_zero(a ^ b) : std::countl_zero(a ^ b);
            return at + static_cast<std::size_t>(differing) / 8;
        }
    }
    while (at < size && one[at] == other[at])
        ++at;
    return at;
}

} // namespace

std::string LabelView::value() const
{
    std::string out;
    out.reserve(raw.size());
    for (std::size_t i = 0; i < raw.size(); ++i) {
        const char next = i + 1 < raw.size() ? raw[i + 1] : '\0';
        if (raw[i] == '\\' && (next == '\\' || next == '"' || next == 'n')) {
            out += next == 'n' ? '\n' : next;
            ++i;
        } else {
            out += raw[i];
        }
    }
    return out;
}

const LabelView *SampleView::label(std::string_view wanted) const
{
    const auto it = std::ranges::find(labels, wanted, &LabelView::name);
    return it == labels.end() ? nullptr : &*it;
}

bool isMetricName(std::string_view name)
{
    return !name.empty() && !is(name.front(), Digit) && std::ranges::all_of(name, [](char c) { return is(c, Letter | Digit | Colon); });
}

bool SampleLexer::fail(std::string words)
{
    m_words = std::move(words);
    return false;
}

/// One space (OpenMetrics), or any blanks (Text).
bool SampleLexer::gap(const char *before)
{
    const auto *begin = m_at;
    if (m_isText)
        skipBlanks();
    else
        take(' ');
    return m_at > begin || fail(std::string("expected a space before ") + before);
}

std::string_view SampleLexer::word()
{
    const auto *begin = m_at;
    const auto *at = begin;
    while (at != m_end && !is(*at, Blank))
        ++at;
    m_at = at;
    return {begin, at};
}

std::string_view SampleLexer::name(unsigned classes)
{
    const auto *begin = m_at;
    const auto *at = begin;
    if (at != m_end && is(*at, classes)) {
        while (at != m_end && is(*at, classes | Digit))
            ++at;
    }
    m_at = at;
    return {begin, at};
}

bool SampleLexer::quoted(LabelView &into)
{
    return take('"') ? quotedRest(into) : fail("expected a quoted text");
}

bool SampleLexer::quotedRest(LabelView &into)
{
    const auto *begin = m_at;
    into.isEscaped = false;
    for (;;) {
        const auto *at = m_at; // a local one stays in a register
        while (at != m_end && !is(*at, ValueEnd))
            ++at;
        m_at = at;
        if (isAtEnd())
            return fail("the quoted text does not end");
        if (*m_at == '"')
            break;
        into.isEscaped = true;
        m_at += m_end - m_at > 1 && is(m_at[1], ValueEnd) ? 2 : 1;
    }
    into.raw = {begin, m_at};
    into.at = static_cast<std::size_t>(begin - m_begin);
    ++m_at;
    return true;
}

bool SampleLexer::label(LabelViews &out, std::string_view *quotedName)
{
    LabelView found;
    if (m_isText && isAt('"')) {
        if (!quoted(found))
            return false;
        found.name = found.raw;
        skipBlanks();
        if (quotedName && quotedName->empty() && !isAt('=')) {
            *quotedName = found.name; // {"my.metric", a="b"}
            return !found.name.empty() || fail("expected a metric name");
        }
    } else {
        found.name = name(Letter);
    }
    if (found.name.empty())
        return fail("expected a label name");
    skipBlanks();
    if (!take('='))
        return fail("expected = after the label " + std::string(found.name));
    skipBlanks();
    if (!quoted(found))
        return false;
    for (const auto &other : out) {
        if (other.name == found.name)
            return fail("the label " + std::string(found.name) + " stands twice");
    }
    if (out.size() >= kLabels)
        return fail("more than 256 labels");
    out.push_back(found);
    return true;
}

bool SampleLexer::labels(LabelViews &out, std::string_view *quotedName)
{
    // {method="post",code="200"}
    skipBlanks();
    return take('}') || (label(out, quotedName) && moreLabels(out, quotedName));
}

bool SampleLexer::moreLabels(LabelViews &out, std::string_view *quotedName)
{
    for (;;) {
        skipBlanks();
        if (take('}'))
            return true;
        if (!take(','))
            return fail("expected , or } after a label");
        skipBlanks();
        if (m_isText && take('}'))
            return true;
        if (!label(out, quotedName))
            return false;
    }
}

bool SampleLexer::number(double &out, const char *what)
{
    const auto *begin = m_at;
    if (const auto length = plainDecimal({m_at, m_end}, out); length > 0) {
        m_at += length;
        return true;
    }
    const auto text = word();
    const auto value = parseFloat(text);
    if (value) {
        out = *value;
        return true;
    }
    m_at = begin;
    return fail(std::string(text.empty() ? "expected " : "malformed ") + what);
}

bool SampleLexer::timestamp(std::optional<double> &out)
{
    const auto *begin = m_at;
    const auto text = word();
    const auto value = http::parseNumber(text);
    const auto digits = text.starts_with('-') ? text.substr(1) : text;
    const bool isWhole = !digits.empty() && std::ranges::all_of(digits, [](char c) { return is(c, Digit); });
    if (value && std::isfinite(*value) && (!m_isText || isWhole)) {
        out = *value;
        return true;
    }
    m_at = begin;
    return fail(m_isText ? "malformed timestamp (whole milliseconds)" : "malformed timestamp (seconds)");
}

bool SampleLexer::exemplar()
{
    //  # {trace_id="KOO5S4vxi0o"} 0.67 1520879607.789
    ++m_at;
    auto &found = m_sample.exemplar;
    found.labels.clear();
    found.timestamp.reset();
    if (!gap("the exemplar") || !take('{'))
        return fail("expected { after #");
    if (!labels(found.labels, nullptr) || !gap("the exemplar's value") || !number(found.value, "exemplar value"))
        return false;
    if (!isAtEnd() && (!gap("the exemplar's timestamp") || !timestamp(found.timestamp)))
        return false;
    m_sample.hasExemplar = true;
    return isAtEnd() || fail("text after the exemplar");
}

bool SampleLexer::afterValue()
{
    if (!m_isText && !gap("the timestamp"))
        return false;
    if (!m_isText && isAt('#'))
        return exemplar();
    if (!timestamp(m_sample.timestamp))
        return false;
    skipBlanks();
    if (isAtEnd())
        return true;
    if (!m_isText && take(' ') && isAt('#'))
        return exemplar();
    return fail("text after the timestamp");
}

/// Keeps the labels that stand in what the line shares with the one before; of the last of them perhaps only the name, and its value is open.
bool SampleLexer::keepLabels(std::string_view line)
{
    if (m_before.empty() || !m_isNameFirst)
        return false;
    const auto shared = sharedPrefix(m_before, line);
    auto &labels = m_sample.labels;
    std::size_t kept = 0;
    for (std::size_t end = 0; kept < labels.size() && labels[kept].at <= shared; ++kept) {
        end = labels[kept].at + labels[kept].raw.size() + 1; // behind the quote
        m_isValueOpen = end > shared;
        m_at = line.data() + (m_isValueOpen ? labels[kept].at : end);
    }
    labels.resize(kept);
    return kept > 0;
}

bool SampleLexer::nameAndLabels()
{
    m_sample.labels.clear();
    skipBlanks();
    m_isNameFirst = m_at == m_begin;
    m_sample.name = name(Letter | Colon);
    if (m_sample.name.empty() && !(m_isText && isAt('{')))
        return fail("expected a metric name");
    skipBlanks();
    m_isNameFirst = m_isNameFirst && !m_sample.name.empty();
    if (take('{') && !labels(m_sample.labels, m_sample.name.empty() ? &m_sample.name : nullptr))
        return false;
    return !m_sample.name.empty() || fail("no metric name");
}

bool SampleLexer::lex(std::string_view line)
{
    m_begin = m_at = line.data();
    m_end = m_begin + line.size();
    m_isValueOpen = false;
    m_isNameKept = keepLabels(line);
    m_before = {};
    m_sample.timestamp.reset();
    m_sample.hasExemplar = false;
    if (m_isValueOpen && !quotedRest(m_sample.labels.back()))
        return false;
    if (m_isNameKept ? !moreLabels(m_sample.labels, nullptr) : !nameAndLabels())
        return false;
    // In the text format nothing need stand between } and the value.
    if (!m_isText && !gap("the value"))
        return false;
    skipBlanks();
    if (!number(m_sample.value, "value"))
        return false;
    skipBlanks();
    if (!isAtEnd() && !afterValue())
        return false;
    m_before = line;
    return true;
}

} // namespace muster::prometheus
