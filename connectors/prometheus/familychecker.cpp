// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/familychecker.h"

#include "connectors/http/json.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

namespace muster::prometheus {

namespace {

constexpr std::size_t kExemplarRunes = 128;

std::size_t runes(std::string_view text)
{
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// "+Inf" as the format writes it, or a decimal number.
std::optional<double> boundOf(const LabelView &label)
{
    if (label.raw == "+Inf")
        return std::numeric_limits<double>::infinity();
    const auto value = http::parseNumber(label.raw);
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

FamilyChecker::FamilyChecker(std::string name, const std::string &type) : m_name(std::move(name)), m_type(typeOf(type)) {}

FamilyChecker::Type FamilyChecker::typeOf(const std::string &type)
{
    static constexpr std::array types = {std::pair{"gauge", Type::Gauge}, std::pair{"counter", Type::Counter}, std::pair{"stateset", Type::StateSet},
                                         std::pair{"info", Type::Info}, std::pair{"histogram", Type::Histogram},
                                         std::pair{"gaugehistogram", Type::GaugeHistogram}, std::pair{"summary", Type::Summary}};
    const auto it = std::ranges::find_if(types, [&](const auto &entry) { return type == entry.first; });
    return it == types.end() ? Type::Unknown : it->second;
}

FamilyChecker::Suffix FamilyChecker::suffixOf(const SampleView &sample) const
{
    static constexpr std::array suffixes = {std::pair{"_bucket", Suffix::Bucket}, std::pair{"_total", Suffix::Total}, std::pair{"_count", Suffix::Count},
                                            std::pair{"_sum", Suffix::Sum}, std::pair{"_created", Suffix::Created}, std::pair{"_gcount", Suffix::GCount},
                                            std::pair{"_gsum", Suffix::GSum}, std::pair{"_info", Suffix::Info}};
    const auto text = sample.name.substr(std::min(sample.name.size(), m_name.size()));
    const auto it = std::ranges::find_if(suffixes, [&](const auto &entry) { return text == entry.first; });
    return it == suffixes.end() ? Suffix::None : it->second;
}

bool FamilyChecker::isOwnLabel(std::string_view name) const
{
    return (isHistogram() && name == "le") || (m_type == Type::Summary && name == "quantile") || (m_type == Type::StateSet && name == m_name);
}

/// Into m_next, which keeps its memory.
void FamilyChecker::nameGroup(const SampleView &sample)
{
    m_sorted.clear();
    for (const auto &label : sample.labels) {
        if (!isOwnLabel(label.name))
            m_sorted.push_back(&label);
    }
    if (!std::ranges::is_sorted(m_sorted, {}, &LabelView::name))
        std::ranges::sort(m_sorted, {}, &LabelView::name);
    m_next.clear();
    for (const auto *label : m_sorted) {
        m_next += label->name;
        m_next += '\x01';
        m_next += label->raw;
        m_next += '\x02';
    }
}

const char *FamilyChecker::enter(const SampleView &sample, std::optional<std::string> &finished)
{
    nameGroup(sample);
    if (!m_isGrouped || m_group != m_next) {
        if ((finished = finish()))
            return finished->c_str();
        const auto before = m_groups.size();
        m_groups.emplace_hint(m_groups.end(), m_next); // exporters sort
        if (m_groups.size() == before)
            return "the samples of one metric are not together";
        m_isGrouped = true;
        m_group.swap(m_next);
        m_time = sample.timestamp;
        m_parts.clear();
        m_suffixes = 0;
        return nullptr;
    }
    if (m_time.has_value() != sample.timestamp.has_value())
        return "samples with and without a timestamp in one metric";
    if (m_time && *sample.timestamp < *m_time)
        return "the timestamps of one metric go back";
    if (m_time && *sample.timestamp > *m_time) {
        if ((finished = finish()))
            return finished->c_str();
    }
    m_time = sample.timestamp;
    return nullptr;
}

/// Buckets are told apart by their order.
bool FamilyChecker::isRepeated(const SampleView &sample, Suffix suffix)
{
    if (m_time || suffix == Suffix::Bucket)
        return false;
    if (suffix == Suffix::None && (m_type == Type::Summary || m_type == Type::StateSet)) {
        const auto *part = sample.label(m_type == Type::Summary ? std::string_view("quantile") : std::string_view(m_name));
        return part && !m_parts.insert(part->raw).second;
    }
    const auto bit = 1U << static_cast<unsigned>(suffix);
    const bool isThere = (m_suffixes & bit) != 0;
    m_suffixes |= bit;
    return isThere;
}

const char *FamilyChecker::checkValue(const SampleView &sample, Suffix suffix) const
{
    const double value = sample.value;
    if (m_type == Type::Info && value != 1)
        return "the value of an info is 1";
    if (m_type == Type::StateSet && (!sample.label(m_name) || (value != 0 && value != 1)))
        return "a stateset has a label of its own name, and 0 or 1 for a value";
    if (m_type == Type::Summary && suffix == Suffix::None) {
        const auto *text = sample.label("quantile");
        const auto quantile = text ? boundOf(*text) : std::nullopt;
        if (!quantile || *quantile < 0 || *quantile > 1)
            return "a summary's sample needs a quantile from 0 to 1";
        if (value < 0)
            return "a summary's quantile is never negative";
    }
    const bool isWhole = suffix == Suffix::Count || suffix == Suffix::GCount || suffix == Suffix::Bucket;
    const bool isCounting = isWhole || suffix == Suffix::Total || (suffix == Suffix::Sum && !isHistogram());
    if (isCounting && !isCountLike(value))
        return "a count is never negative nor NaN";
    if (isWhole && value != std::floor(value))
        return "a count is a whole number";
    if ((suffix == Suffix::Sum || suffix == Suffix::GSum) && std::isnan(value))
        return "a sum is never NaN";
    return nullptr;
}

const char *FamilyChecker::checkExemplar(const SampleView &sample, Suffix suffix) const
{
    if (!sample.hasExemplar)
        return nullptr;
    if (!(m_type == Type::Counter && suffix == Suffix::Total) && !(isHistogram() && suffix == Suffix::Bucket))
        return "exemplars stand only on a counter's _total and on buckets";
    std::size_t length = 0;
    for (const auto &label : sample.exemplar.labels)
        length += runes(label.name) + runes(label.isEscaped ? label.value() : label.raw);
    return length > kExemplarRunes ? "the exemplar's labels are longer than 128 characters" : nullptr;
}

const char *FamilyChecker::addToPoint(const SampleView &sample, Suffix suffix)
{
    if (suffix == Suffix::Created)
        return nullptr;
    m_point.isStarted = true;
    if (suffix == Suffix::Sum || suffix == Suffix::GSum)
        m_point.sum = sample.value;
    if (suffix == Suffix::Count || suffix == Suffix::GCount)
        m_point.count = sample.value;
    if (suffix != Suffix::Bucket)
        return nullptr;
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
    return nullptr;
}

std::optional<std::string> FamilyChecker::add(const SampleView &sample)
{
    const auto suffix = suffixOf(sample);
    std::optional<std::string> finished;
    const char *problem = enter(sample, finished);
    if (!problem && isRepeated(sample, suffix))
        problem = "the same sample stands twice";
    if (!problem)
        problem = checkValue(sample, suffix);
    if (!problem)
        problem = checkExemplar(sample, suffix);
    if (!problem && isHistogram())
        problem = addToPoint(sample, suffix);
    return problem ? std::optional<std::string>(problem) : std::nullopt;
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
    if (point.sum && point.hasNegative && m_type == Type::Histogram)
        return m_name + ": a histogram with negative buckets has no sum";
    if (point.sum && *point.sum < 0 && !point.hasNegative)
        return m_name + ": a negative sum without negative buckets";
    return std::nullopt;
}

} // namespace muster::prometheus
