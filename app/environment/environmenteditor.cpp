// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/environment/environmenteditor.h"

#include "app/environment/jsonreader.h"
#include "app/environment/jsonspans.h"
#include "connectors/files/durable.h"

#include <QDate>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <vector>

namespace muster::environment {

namespace {

constexpr const char *kWaivers = "waivers";
constexpr std::size_t kTextLimit = 1000;     // bytes; a reason is a sentence
constexpr std::size_t kFileLimit = 1U << 20U; // as load() reads

std::string dayText(std::chrono::sys_days day)
{
    const std::chrono::year_month_day date(day);
    return QDate(static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month())), static_cast<int>(static_cast<unsigned>(date.day())))
        .toString(Qt::ISODate)
        .toStdString();
}

Json entry(const readiness::Waiver &waiver)
{
    return { { "check", waiver.check }, { "owner", waiver.owner }, { "reason", waiver.reason }, { "until", dayText(waiver.until) } };
}

std::string written(const readiness::Waiver &waiver)
{
    const auto json = entry(waiver);
    std::string text = "{ ";
    for (const auto *key : { "check", "owner", "reason", "until" })
        text += std::string(text.size() > 2 ? ", \"" : "\"") + key + "\": " + json[key].dump();
    return text + " }";
}

Json parseRaw(const std::string &bytes)
{
    return Json::parse(bytes, nullptr, true, true);
}

/// Bytes with changes at positions of the original, applied from the end.
class Edit {
public:
    explicit Edit(const std::string &bytes) : m_bytes(bytes) { }
    void replace(Span span, std::string text) { m_changes.push_back({ span, std::move(text) }); }
    void insert(std::size_t at, std::string text) { replace({ at, at }, std::move(text)); }
    [[nodiscard]] std::string result() const
    {
        auto changes = m_changes;
        std::ranges::stable_sort(changes, {}, [](const Change &change) { return change.span.begin; });
        std::string text;
        std::size_t at = 0;
        for (const auto &change : changes) {
            const auto begin = std::max(at, change.span.begin); // two neighbours that go may share the blanks between them
            text.append(m_bytes, at, begin - at).append(change.text);
            at = std::max(begin, change.span.end);
        }
        return text.append(m_bytes, at);
    }

private:
    struct Change {
        Span span;
        std::string text;
    };
    const std::string &m_bytes;
    std::vector<Change> m_changes;
};

/// The file as text with places.
struct Layout {
    explicit Layout(const std::string &text) : bytes(text), spans(text), members(spans.members(spans.root())) { }

    [[nodiscard]] std::size_t lineBegin(std::size_t at) const
    {
        const auto end = at == 0 ? std::string::npos : bytes.find_last_of("\r\n", at - 1);
        return end == std::string::npos ? 0 : end + 1;
    }
    [[nodiscard]] bool isFirstOnLine(std::size_t at) const { return bytes.find_first_not_of(" \t", lineBegin(at)) >= at; }
    /// The line's own indentation.
    [[nodiscard]] std::string lineIndent(std::size_t at) const
    {
        const auto begin = lineBegin(at);
        return bytes.substr(begin, std::min(bytes.find_first_not_of(" \t", begin), at) - begin);
    }
    /// As the file has it inside its object; "" when that stands on one line.
    [[nodiscard]] std::string newline() const
    {
        const auto at = bytes.find_first_of("\r\n", spans.root());
        if (at >= spans.endOf(spans.root()))
            return {};
        return bytes.compare(at, 2, "\r\n") == 0 ? "\r\n" : bytes.substr(at, 1);
    }
    /// What stands before `at` on its line, as blanks: puts a new line under it.
    [[nodiscard]] std::string columnOf(std::size_t at) const
    {
        std::string blanks;
        for (auto i = lineBegin(at); i < at; ++i) {
            const auto c = static_cast<unsigned char>(bytes[i]);
            const bool isPart = (c & 0xC0U) == 0x80U || (i == 0 && c == 0xEF); // of a character, or of the byte order mark
            blanks += c == '\t' ? "\t" : isPart ? "" : " ";
        }
        return blanks;
    }
    [[nodiscard]] const MemberSpan *member(std::string_view key) const
    {
        const auto it = std::ranges::find(members, key, &MemberSpan::key);
        return it == members.end() ? nullptr : &*it;
    }

    const std::string &bytes;
    JsonSpans spans;
    std::vector<MemberSpan> members; ///< of the object at the top
};

/// After `last`, its comma and the comment that may follow on its line; under `first` where the file has lines.
void appendAfter(const Layout &layout, Edit &edit, Span last, std::size_t first, const std::string &text)
{
    const auto line = layout.newline();
    edit.insert(last.end, ",");
    edit.insert(layout.spans.skipOnLine(last.end), (line.empty() ? " " : line + layout.columnOf(first)) + text);
}

/// Into "[]", which may hold comments.
void fillEmpty(const Layout &layout, Edit &edit, const MemberSpan &list, const std::string &text)
{
    const auto open = list.value.begin;
    const auto close = list.value.end - 1;
    if (layout.lineBegin(close) <= open) {
        edit.insert(close, (layout.bytes[close - 1] == ' ' ? "" : " ") + text + " ");
        return;
    }
    // The bracket keeps its line; the entry gets one above it, under the last comment.
    const auto from = layout.bytes.find_last_not_of(" \t\r\n", close - 1) + 1;
    const auto outer = layout.lineIndent(list.keyBegin);
    const auto indent = layout.lineBegin(from) > open ? layout.lineIndent(from) : outer + (outer.find('\t') == std::string::npos ? "  " : "\t");
    edit.insert(from, layout.newline() + indent + text);
}

Json jsonOf(const Layout &layout, Span span)
{
    return parseRaw(layout.bytes.substr(span.begin, span.end - span.begin));
}

/// Takes out an element with one comma, and its line when nothing else stands on it. Comments stay.
void takeOut(const Layout &layout, Edit &edit, const std::vector<Span> &elements, std::size_t index, std::optional<std::size_t> lastKept)
{
    const auto &bytes = layout.bytes;
    auto span = elements[index];
    const auto comma = layout.spans.skip(span.end);
    const bool hasComma = bytes[comma] == ',';
    if (hasComma && comma == span.end)
        ++span.end;
    else if (hasComma)
        edit.replace({ comma, comma + 1 }, "");
    const auto after = bytes.find_first_not_of(" \t", span.end); // the list's bracket at the latest
    const bool endsLine = bytes[after] == '\n' || bytes[after] == '\r';
    const bool hasLines = layout.isFirstOnLine(span.begin) && endsLine;
    if (hasLines) {
        span.begin = layout.lineBegin(span.begin);
        span.end = after + (bytes.compare(after, 2, "\r\n") == 0 ? 2 : 1);
    } else if (hasComma && comma + 1 == span.end) {
        const auto next = bytes.find_first_not_of(" \t\r\n", span.end);
        span.end = bytes[next] == '/' ? after : next;
    }
    if (!hasComma && lastKept) {
        const auto before = layout.spans.skip(elements[*lastKept].end); // the comma that has nothing behind it now
        const bool isNear = bytes.find_first_not_of(" \t\r\n", before + 1) == elements[index].begin;
        if (isNear && !hasLines)
            span.begin = before;
        else
            edit.replace({ before, before + 1 }, "");
    } else if (!hasComma && !hasLines && !endsLine) {
        span.end = after;
    }
    edit.replace(span, "");
}

Problems oneProblem(const std::string &where, const std::string &message)
{
    return { { where, message } };
}

/// The waiver must be one that the parser takes; a problem names the member, not the file.
Problems problemsOf(const readiness::Waiver &waiver)
{
    for (const auto &[key, text] : { std::pair{ "check", waiver.check }, { "owner", waiver.owner }, { "reason", waiver.reason } }) {
        if (text.find_first_not_of(" \t") == std::string::npos)
            return oneProblem(key, "must not be empty");
        if (text.size() > kTextLimit)
            return oneProblem(key, "is longer than " + std::to_string(kTextLimit) + " bytes");
        if (std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7F; }))
            return oneProblem(key, "must not contain line breaks or other control characters");
        if (QString::fromStdString(text).toStdString() != text)
            return oneProblem(key, "is not valid UTF-8");
    }
    const auto year = static_cast<int>(std::chrono::year_month_day(waiver.until).year());
    return year < 1970 || year > 9999 ? oneProblem("until", "must be a date from 1970 to 9999") : Problems();
}

/// The members of an entry that the waiver gives anew; what else it holds stays.
void rewrite(const Layout &layout, Edit &edit, Span element, const Json &value)
{
    for (const auto &member : layout.spans.members(element.begin)) {
        if (member.key == "owner" || member.key == "reason" || member.key == "until")
            edit.replace(member.value, value[member.key].dump());
    }
}

/// What the whole file must say afterwards, and whether it does.
Edited checked(std::string bytes, const Json &expected)
{
    if (auto environment = parse(bytes, ""); !environment)
        return std::unexpected(environment.error());
    if (parseRaw(bytes) != expected)
        return std::unexpected(oneProblem(kWaivers, "could not be changed without changing something else; edit the file by hand"));
    return bytes;
}

/// The list does not exist yet, or is null.
Edited withFirstWaiver(const Layout &layout, const MemberSpan *list, const readiness::Waiver &waiver)
{
    Edit edit(layout.bytes);
    auto expected = parseRaw(layout.bytes);
    const auto text = "[ " + written(waiver) + " ]";
    if (list)
        edit.replace(list->value, text);
    else
        appendAfter(layout, edit, layout.members.back().value, layout.members.front().keyBegin, '"' + std::string(kWaivers) + "\": " + text);
    expected[kWaivers] = Json::array({ entry(waiver) });
    return checked(edit.result(), expected);
}

} // namespace

Edited withWaiver(const std::string &bytes, const readiness::Waiver &waiver)
{
    if (auto environment = parse(bytes, ""); !environment)
        return std::unexpected(environment.error());
    if (auto problems = problemsOf(waiver); !problems.empty())
        return std::unexpected(std::move(problems));
    const Layout layout(bytes);
    const auto *list = layout.member(kWaivers);
    if (!list || bytes[list->value.begin] != '[') // "waivers": null
        return withFirstWaiver(layout, list, waiver);
    Edit edit(bytes);
    auto expected = parseRaw(bytes);
    const auto elements = layout.spans.elements(list->value.begin);
    auto kept = Json::array();
    std::optional<std::size_t> placed;
    std::optional<std::size_t> lastKept;
    for (std::size_t i = 0; i < elements.size(); ++i) {
        auto value = jsonOf(layout, elements[i]);
        const bool isSame = value["check"] == waiver.check;
        if (isSame && placed) {
            takeOut(layout, edit, elements, i, lastKept);
            continue;
        }
        if (isSame) {
            placed = i;
            value.update(entry(waiver));
            rewrite(layout, edit, elements[i], value);
        }
        lastKept = i;
        kept.push_back(std::move(value));
    }
    if (!placed) {
        kept.push_back(entry(waiver));
        if (elements.empty())
            fillEmpty(layout, edit, *list, written(waiver));
        else
            appendAfter(layout, edit, elements.back(), elements.front().begin, written(waiver));
    }
    expected[kWaivers] = std::move(kept);
    return checked(edit.result(), expected);
}

Edited withoutWaiver(const std::string &bytes, const std::string &check)
{
    if (auto environment = parse(bytes, ""); !environment)
        return std::unexpected(environment.error());
    const Layout layout(bytes);
    Edit edit(bytes);
    auto expected = parseRaw(bytes);
    const auto *list = layout.member(kWaivers);
    const auto elements = list && bytes[list->value.begin] == '[' ? layout.spans.elements(list->value.begin) : std::vector<Span>();
    auto kept = Json::array();
    std::optional<std::size_t> lastKept;
    for (std::size_t i = 0; i < elements.size(); ++i) {
        auto value = jsonOf(layout, elements[i]);
        if (value["check"] == check) {
            takeOut(layout, edit, elements, i, lastKept);
            continue;
        }
        lastKept = i;
        kept.push_back(std::move(value));
    }
    if (kept.size() == elements.size())
        return std::unexpected(oneProblem(kWaivers, "has no waiver for “" + clamp(check, 100) + "”"));
    expected[kWaivers] = std::move(kept);
    return checked(edit.result(), expected);
}

bool isSameButWaivers(const std::string &bytes, const std::string &other)
{
    if (!parse(bytes, "") || !parse(other, ""))
        return false;
    auto one = parseRaw(bytes);
    auto two = parseRaw(other);
    one.erase(kWaivers);
    two.erase(kWaivers);
    return one == two;
}

std::expected<Environment, Fault> editFile(const std::string &path, const std::function<Edited(const std::string &)> &edit)
{
    std::error_code error;
    const auto real = std::filesystem::canonical(path, error).string();
    if (error)
        return std::unexpected(files::systemFault("environment", path, error.value()));
    const auto before = files::readFile(real, kFileLimit);
    if (!before)
        return std::unexpected(before.error());
    const auto after = edit(*before);
    if (!after) {
        const auto &problem = after.error().front();
        return std::unexpected(Fault{ FaultKind::Config, "environment", path + ": " + problem.where + ": " + problem.message, "Nothing was written." });
    }
    auto environment = parse(*after, path);
    if (!environment || after->size() > kFileLimit)
        return std::unexpected(Fault{ FaultKind::Config, "environment", path + ": would not be a good environment file any more", "Nothing was written." });
    if (auto done = files::exchangeFile(real, *before, *after); !done)
        return std::unexpected(done.error());
    return std::move(*environment);
}

} // namespace muster::environment
