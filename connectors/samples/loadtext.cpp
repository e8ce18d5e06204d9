// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/samples/loadreport.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

namespace muster::samples {

namespace {

std::vector<std::string_view> words(std::string_view line)
{
    std::vector<std::string_view> result;
    while (true) {
        const auto begin = line.find_first_not_of(" \t\r,");
        if (begin == std::string_view::npos)
            return result;
        line.remove_prefix(begin);
        const auto end = std::min(line.find_first_of(" \t\r,"), line.size());
        result.push_back(line.substr(0, end));
        line.remove_prefix(end);
    }
}

std::vector<std::string_view> lines(std::string_view text)
{
    std::vector<std::string_view> result;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        result.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return result;
}

/// The number at the beginning of a word; `unit` is what follows it.
std::optional<double> leading(std::string_view word, std::string_view &unit)
{
    double value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc{} || !std::isfinite(value) || value < 0)
        return std::nullopt;
    unit = word.substr(static_cast<std::size_t>(end - word.data()));
    return value;
}

std::optional<double> plainNumber(std::string_view word)
{
    std::string_view unit;
    const auto value = leading(word, unit);
    return unit.empty() ? value : std::nullopt;
}

/// "635.91us", "12.92ms", "1.20s", "2.00m", "1.5h": seconds.
std::optional<double> time(std::string_view word)
{
    std::string_view unit;
    const auto value = leading(word, unit);
    const double factor = unit == "us" ? 1e-6 : unit == "ms" ? 1e-3 : unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : 0;
    return value && factor > 0 ? std::optional(*value * factor) : std::nullopt;
}

double sumOfNumbers(const std::vector<std::string_view> &line)
{
    double sum = 0;
    for (const auto word : line)
        sum += plainNumber(word).value_or(0);
    return sum;
}

///      99%    5.80ms
///   748868 requests in 30.00s, 1.76GB read
///   Socket errors: connect 0, read 0, write 0, timeout 2
///   Non-2xx or 3xx responses: 12
/// Requests/sec: 74886.53
LoadReport wrk(const std::vector<std::string_view> &text)
{
    LoadReport report;
    report.tool = "wrk";
    report.isOpen = false; // a connection asks again when it was answered; wrk2 says "wrk2" nowhere
    std::optional<double> requests;
    std::optional<double> perSecond;
    double lost = 0;
    double bad = 0;
    for (const auto line : text) {
        const auto word = words(line);
        if (word.size() == 2 && (word[0] == "95%" || word[0] == "95.000%"))
            report.p95 = time(word[1]);
        else if (word.size() == 2 && (word[0] == "99%" || word[0] == "99.000%"))
            report.p99 = report.p95AtMost = time(word[1]);
        else if (word.size() >= 3 && word[1] == "requests" && word[2] == "in")
            requests = plainNumber(word[0]);
        else if (line.find("Socket errors:") != std::string_view::npos)
            lost = sumOfNumbers(word);
        else if (line.find("Non-2xx or 3xx responses:") != std::string_view::npos)
            bad = sumOfNumbers(word);
        else if (word.size() == 2 && word[0] == "Requests/sec:")
            perSecond = plainNumber(word[1]);
    }
    report.requests = requests;
    if (requests && *requests + lost > 0)
        report.success = std::fmax(0, (*requests - bad) / (*requests + lost));
    if (perSecond && requests && *requests > 0)
        report.rate = *perSecond * std::fmax(0, 1 - bad / *requests);
    return report;
}

/// finished in 1.05s, 9523.81 req/s, 5.12MB/s
/// requests: 10000 total, 10000 started, 10000 done, 9990 succeeded, 10 failed, 0 errored, 0 timeout
///                      min         max      median         p95         p99        mean         sd        +/- sd
/// request     :      231us      5.12ms       480us      1.01ms      2.20ms       520us       210us    80.00%
LoadReport h2load(const std::vector<std::string_view> &text)
{
    LoadReport report;
    report.tool = "h2load";
    report.isOpen = false; // a stream asks again when it was answered, and the text does not tell --rps apart
    std::vector<std::string_view> columns;
    std::optional<double> perSecond;
    for (const auto line : text) {
        const auto word = words(line);
        if (word.size() >= 4 && word[0] == "finished" && word[1] == "in") {
            perSecond = plainNumber(word[3]);
        } else if (word.size() >= 9 && word[0] == "requests:" && word[2] == "total" && word[8] == "succeeded") {
            const auto total = plainNumber(word[1]);
            const auto good = plainNumber(word[7]);
            report.requests = total;
            if (total && good && *total > 0)
                report.success = *good / *total;
        } else if (word.size() >= 4 && word[0] == "min" && word[1] == "max") {
            columns = word;
        } else if (line.starts_with("time for request") || (word.size() > 2 && word[0] == "request" && word[1] == ":")) {
            const auto colon = line.find(':');
            const auto cells = words(line.substr(colon == std::string_view::npos ? line.size() : colon + 1));
            for (std::size_t i = 0; i < std::min(cells.size(), columns.size()); ++i) {
                if (columns[i] == "p95")
                    report.p95 = time(cells[i]);
                else if (columns[i] == "p99")
                    report.p99 = time(cells[i]);
                else if (columns[i] == "max")
                    report.p95AtMost = time(cells[i]);
            }
        }
    }
    if (perSecond)
        report.rate = *perSecond * report.success.value_or(1);
    return report;
}

} // namespace

std::optional<LoadReport> parseLoadText(std::string_view text)
{
    if (text.find("Requests/sec:") != std::string_view::npos && text.find("test @") != std::string_view::npos)
        return wrk(lines(text));
    if (text.find("finished in ") != std::string_view::npos && text.find(" succeeded") != std::string_view::npos)
        return h2load(lines(text));
    return std::nullopt;
}

} // namespace muster::samples
