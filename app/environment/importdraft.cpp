// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/environment/importdraft.h"

#include "models/format/text.h"

#include <QUrl>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace muster::environment {

namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr std::size_t kMaxRemarks = 50;
constexpr std::uintmax_t kFileLimit = 1U << 20U; // bytes
constexpr std::size_t kMaxName = 56;             // leaves room for "-123" below the 64 that the parser takes

std::string fitName(const std::string &wanted)
{
    std::string name;
    for (const unsigned char c : wanted.substr(0, kMaxName))
        name += std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-' ? static_cast<char>(c) : '-';
    name.erase(0, std::min(name.find_first_not_of(".-_"), name.size()));
    return name.empty() ? "unnamed" : name;
}

std::string variable(const std::string &name, const std::string &key)
{
    std::string result;
    for (const unsigned char c : name)
        result += std::isalnum(c) != 0 ? static_cast<char>(std::toupper(c)) : '_';
    if (std::isdigit(static_cast<unsigned char>(result.front())) != 0)
        result.insert(0, "_");
    return result + (key == "bearer" ? "_TOKEN" : "_PASSWORD");
}

std::string commentLines(const std::vector<std::string> &comments, const std::string &indent)
{
    std::string result;
    for (const auto &comment : comments)
        result += indent + "// " + text::plain(comment, 400) + "\n";
    return result;
}

std::string indented(const OrderedJson &value, const std::string &indent)
{
    std::string result = indent;
    for (const char c : value.dump(2, ' ', false, OrderedJson::error_handler_t::replace)) {
        result += c;
        if (c == '\n')
            result += indent;
    }
    return result;
}

} // namespace

void ImportDraft::add(Candidate candidate)
{
    if (!m_urls.insert({candidate.section, candidate.url}).second)
        return;
    if (candidate.section == "smtp" && !m_sections["smtp"].empty()) {
        remark("“smtp” takes one relay; left out: " + candidate.name);
        return;
    }
    const auto name = uniqueName(candidate.section, fitName(candidate.name));
    OrderedJson value;
    if (candidate.section != "smtp")
        value["name"] = name;
    value["url"] = candidate.url;
    if (!candidate.secretKey.empty())
        value[candidate.secretKey] = {{"env", variable(name, candidate.secretKey)}};
    if (candidate.more.is_object())
        value.update(candidate.more);
    m_sections[candidate.section].push_back({std::move(value), std::move(candidate.comments)});
}

void ImportDraft::remark(const std::string &text)
{
    if (m_remarks.size() < kMaxRemarks)
        m_remarks.push_back(text::plain(text, 400));
    else if (m_remarks.size() == kMaxRemarks)
        m_remarks.emplace_back("and more of this kind");
}

std::string ImportDraft::uniqueName(const std::string &section, const std::string &wanted)
{
    auto name = wanted;
    for (int number = 2; !m_names.insert({section, name}).second; ++number)
        name = wanted + "-" + std::to_string(number);
    return name;
}

void ImportDraft::placeMailbox()
{
    if (m_mailbox.empty())
        return;
    auto &smtp = m_sections["smtp"];
    if (smtp.empty())
        remark("a mailbox proves that the test mail arrives, so it needs an smtp:// URL beside it; left out");
    else
        smtp.front().value["mailbox"] = m_mailbox;
}

std::string ImportDraft::sectionText(const std::string &section) const
{
    const auto it = m_sections.find(section);
    if (it == m_sections.end() || it->second.empty())
        return {};
    std::string result = ",\n\n  \"" + section + "\": ";
    if (section == "smtp") {
        const auto &entry = it->second.front();
        return result.insert(3, commentLines(entry.comments, "  ")) + indented(entry.value, "  ").substr(2);
    }
    result += "[\n";
    for (const auto &entry : it->second)
        result += commentLines(entry.comments, "    ") + indented(entry.value, "    ") + (&entry == &it->second.back() ? "\n" : ",\n");
    return result + "  ]";
}

std::expected<Imported, std::string> ImportDraft::finish()
{
    static constexpr std::array sections{"postgres", "pgbouncer", "redis", "prometheus", "metrics", "http", "smtp"};
    placeMailbox();
    std::string body;
    for (const auto *section : sections)
        body += sectionText(section);
    if (body.empty())
        return std::unexpected("nothing to import" + (m_remarks.empty() ? std::string() : ": " + m_remarks.front()));
    std::string head = "{\n";
    head += commentLines({"Made by musterctl env import: candidates. Keep what belongs to one production, give it its name, then run: musterctl env check FILE"}, "  ");
    head += commentLines(m_remarks, "  ");
    head += "  \"name\": \"imported\",\n";
    head += commentLines({"production, staging or development; production asks before every action."}, "  ");
    head += "  \"kind\": \"production\"";
    return Imported{head + body + "\n}\n", m_remarks};
}

std::expected<std::string, std::string> readImportFile(const std::string &path)
{
    namespace fs = std::filesystem;
    std::error_code error;
    if (!fs::is_regular_file(path, error))
        return std::unexpected(path + (fs::exists(path, error) ? ": is not a regular file" : ": no such file"));
    if (fs::file_size(path, error) > kFileLimit)
        return std::unexpected(path + ": is larger than 1 MiB");
    std::ifstream in(path, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (in.bad() || !in.is_open())
        return std::unexpected(path + ": cannot be read; check its permissions");
    return bytes;
}

std::string usualFile(const char *variable, const std::string &fallback)
{
    if (const char *path = std::getenv(variable); path && *path)
        return path;
    const char *home = std::getenv("HOME");
    return std::string(home ? home : "") + "/" + fallback;
}

std::string shortHost(const std::string &host)
{
    const bool isAddress = host.find(':') != std::string::npos || host.find_first_not_of("0123456789.") == std::string::npos;
    return isAddress ? host : host.substr(0, host.find('.'));
}

} // namespace muster::environment
