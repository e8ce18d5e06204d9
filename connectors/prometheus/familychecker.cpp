// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/familychecker.h"

#include "connectors/http/json.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace muster::prometheus {

namespace {

constexpr std::size_t kExemplarRunes = 128;

std::size_t runes(const std::string &text)
{
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// "+Inf" as the format writes it, or a decimal number.
std::optional<double> boundOf(const std::string &text)
{
    if (text == "+Inf")
        return std::numeric_limits<double>::infinity();
    const auto value = http::parseNumber(text);
    return value && std::isfinite(*value) ? value : std::nullopt;
}

bool isCountLike(double value)
{
    return !std::isnan(value) && value >= 0;
}

} // namespace

const std::vector<std::string> &suffixesOf(const std::string &type)
{
    static const std::map<std::string, std::vector<std::string>> suffixes = {
        {"counter", {"_total", "_created"}},
        {"summary", {"", "_count", "_sum", "_created"}},
        {"histogram", {"_bucket", "_count", "_sum", "_created"}},
        {"gaugehistogram", {"_bucket", "_gcount", "_gsum"}},
        {"info", {"_info"}},
    };
    static const std::vector<std::string> bare = {""};
    const auto it = suffixes.find(type);
    return it == suffixes.end() ? bare : it->second;
}

std::string FamilyChecker::groupOf(const SampleText &sample) const
{
    std::vector<std::string> parts;
    for (const auto &[name, value] : sample.labels) {
        const bool isOwn = (isHistogram() && name == "le") || (m_type == "summary" && name == "quantile") || (m_type == "stateset" && name == m_name);
        if (!isOwn)
            parts.push_back(name + '\x01' + value);
    }
    std::ranges::sort(parts);
    std::string group;
    for (const auto &part : parts)
        group += part + '\x02';
    return group;
}

std::optional<std::string> FamilyChecker::enter(const SampleText &sample)
{
    auto group = groupOf(sample);
    if (m_group != group) {
        if (auto problem = finish())
            return problem;
        if (!m_groups.insert(group).second)
            return "the samples of one metric are not together";
        m_group = std::move(group);
        m_time = sample.timestamp;
        m_lines.clear();
        return std::nullopt;
    }
    if (m_time.has_value() != sample.timestamp.has_value())
        return "samples with and without a timestamp in one metric";
    if (m_time && *sample.timestamp < *m_time)
        return "the timestamps of one metric go back";
    if (m_time && *sample.timestamp > *m_time) {
        if (auto problem = finish())
            return problem;
    }
    m_time = sample.timestamp;
    return std::nullopt;
}

std::optional<std::string> FamilyChecker::checkValue(const SampleText &sample, const std::string &suffix) const
{
    const double value = sample.value;
    if (m_type == "info" && value != 1)
        return "the value of an info is 1";
    if (m_type == "stateset" && (!sample.label(m_name) || (value != 0 && value != 1)))
        return "a stateset has a label of its own name, and 0 or 1 for a value";
    if (m_type == "summary" && suffix.empty()) {
        const auto *text = sample.label("quantile");
        const auto quantile = text ? boundOf(*text) : std::nullopt;
        if (!quantile || *quantile < 0 || *quantile > 1)
            return "a summary's sample needs a quantile from 0 to 1";
        if (value < 0)
            return "a summary's quantile is never negative";
    }
    const bool isCounting = suffix == "_total" || suffix == "_count" || suffix == "_gcount" || suffix == "_bucket" || (suffix == "_sum" && !isHistogram());
    if (isCounting && !isCountLike(value))
        return "a count is never negative nor NaN";
    if ((suffix == "_bucket" || suffix == "_count" || suffix == "_gcount") && value != std::floor(value))
        return "a count is a whole number";
    if ((suffix == "_sum" || suffix == "_gsum") && std::isnan(value))
        return "a sum is never NaN";
    return std::nullopt;
}

std::optional<std::string> FamilyChecker::checkExemplar(const SampleText &sample, const std::string &suffix) const
{
    if (!sample.exemplar)
        return std::nullopt;
    if (!(m_type == "counter" && suffix == "_total") && !(isHistogram() && suffix == "_bucket"))
        return "exemplars stand only on a counter's _total and on buckets";
    std::size_t length = 0;
    for (const auto &[name, value] : sample.exemplar->labels)
        length += runes(name) + runes(value);
    if (length > kExemplarRunes)
        return "the exemplar's labels are longer than 128 characters";
    return std::nullopt;
}

std::optional<std::string> FamilyChecker::addToPoint(const SampleText &sample, const std::string &suffix)
{
    if (suffix == "_created")
        return std::nullopt;
    m_point.isStarted = true;
    if (suffix == "_sum" || suffix == "_gsum")
        m_point.sum = sample.value;
    if (suffix == "_count" || suffix == "_gcount")
        m_point.count = sample.value;
    if (suffix != "_bucket")
        return std::nullopt;
    const auto *text = sample.label("le");
    const auto bound = text ? boundOf(*text) : std::nullopt;
    if (!bound)
        return "a bucket needs a label le with a number or +Inf";
    if (m_point.bound && *bound <= *m_point.bound)
        return "the buckets are not in increasing order";
    if (m_point.bound && sample.value < m_point.buckets)
        return "the buckets are not cumulative";
    m_point.bound = bound;
    m_point.buckets = sample.value;
    m_point.isOpenEnded = std::isinf(*bound);
    m_point.hasNegative = m_point.hasNegative || *bound < 0;
    return std::nullopt;
}

std::optional<std::string> FamilyChecker::add(const SampleText &sample)
{
    const auto suffix = sample.name.substr(m_name.size());
    if (auto problem = enter(sample))
        return problem;
    std::string line = suffix;
    for (const auto &[name, value] : sample.labels)
        line += '\x02' + name + '\x01' + value;
    if (!m_time && !m_lines.insert(line).second)
        return "the same sample stands twice";
    if (auto problem = checkValue(sample, suffix))
        return problem;
    if (auto problem = checkExemplar(sample, suffix))
        return problem;
    return isHistogram() ? addToPoint(sample, suffix) : std::nullopt;
}

std::optional<std::string> FamilyChecker::finish()
{
    const auto point = std::exchange(m_point, {});
    if (!point.isStarted)
        return std::nullopt;
    if (!point.isOpenEnded)
        return m_name + ": no bucket le=\"+Inf\"";
    if (point.count.has_value() != point.sum.has_value())
        return m_name + ": count and sum stand only together";
    if (point.count && *point.count != point.buckets)
        return m_name + ": the count is not the +Inf bucket's";
    if (point.sum && point.hasNegative && m_type == "histogram")
        return m_name + ": a histogram with negative buckets has no sum";
    if (point.sum && *point.sum < 0 && !point.hasNegative)
        return m_name + ": a negative sum without negative buckets";
    return std::nullopt;
}

} // namespace muster::prometheus
