// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/environment/import.h"

#include <nlohmann/json.hpp>

#include <map>
#include <set>
#include <string>
#include <vector>

class QUrl;

namespace muster::environment {

/// One entry that an import proposes.
struct Candidate {
    std::string section;                  ///< "postgres"
    std::string name;                     ///< wanted; made fit and unique
    std::string url;                      ///< without a password
    nlohmann::ordered_json more;          ///< further keys, an object or null
    std::string secretKey;                ///< "password" or "bearer": gets an {"env": ...}; "" = no secret
    std::vector<std::string> comments;    ///< plain lines above the entry
};

/// The file in the making. An address that a section has already is not added again.
class ImportDraft
{
public:
    void add(Candidate candidate);
    /// What was left out; plain text of this program with names from the files, never a secret.
    void remark(const std::string &text);
    /// IMAP URL for the proof of arrival; stands in "smtp".
    void setMailbox(const std::string &url) { m_mailbox = url; }

    [[nodiscard]] std::expected<Imported, std::string> finish();

private:
    struct Entry {
        nlohmann::ordered_json value;
        std::vector<std::string> comments;
    };
    [[nodiscard]] std::string uniqueName(const std::string &section, const std::string &wanted);
    void placeMailbox();
    [[nodiscard]] std::string sectionText(const std::string &section) const;

    std::map<std::string, std::vector<Entry>> m_sections;
    std::set<std::pair<std::string, std::string>> m_names;
    std::set<std::pair<std::string, std::string>> m_urls;
    std::vector<std::string> m_remarks;
    std::string m_mailbox;
};

/// One file, at most 1 MiB. The error is one plain line with the path.
[[nodiscard]] std::expected<std::string, std::string> readImportFile(const std::string &path);
/// $variable, or `fallback` below the home folder.
[[nodiscard]] std::string usualFile(const char *variable, const std::string &fallback);
/// First label of a host name ("db1" of "db1.shop.example"); an address stays whole.
[[nodiscard]] std::string shortHost(const std::string &host);

void importPassfile(ImportDraft &draft, const std::string &text, const std::string &path, bool isUsual);
void importServiceFile(ImportDraft &draft, const std::string &text, const std::string &path, bool isUsual);
[[nodiscard]] std::expected<void, std::string> importPrometheus(ImportDraft &draft, const std::string &text, const std::string &path);
/// `what` names the URL in messages ("argument 2"), since the URL itself may hold a password.
[[nodiscard]] std::expected<void, std::string> importUrl(ImportDraft &draft, const std::string &url, const std::string &what);

} // namespace muster::environment
