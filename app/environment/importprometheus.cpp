// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/environment/importdraft.h"

#include "connectors/yaml/yaml.h"

#include <QUrl>

#include <algorithm>
#include <filesystem>

namespace muster::environment {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxTargets = 200;

const Json &member(const Json &object, const char *key)
{
    static const Json nothing;
    const auto it = object.is_object() ? object.find(key) : object.end();
    return object.is_object() && it != object.end() ? *it : nothing;
}

std::string textOf(const Json &object, const char *key, const std::string &fallback = {})
{
    const auto &value = member(object, key);
    return value.is_string() ? value.get<std::string>() : fallback;
}

/// The targets of all static_configs of a job or of an Alertmanager's entry.
///   static_configs:
///     - targets: ['api1:9102', 'api2:9102']
std::vector<std::string> targetsOf(const Json &job)
{
    std::vector<std::string> targets;
    for (const auto &group : member(job, "static_configs")) {
        for (const auto &target : member(group, "targets")) {
            if (target.is_string())
                targets.push_back(target.get<std::string>());
        }
    }
    return targets;
}

/// "http://api1:9102/metrics", or "" when target and path make no URL. Credentials in a target are dropped.
std::string address(const std::string &scheme, const std::string &target, const std::string &path)
{
    QUrl url(QString::fromStdString(scheme + "://" + target), QUrl::StrictMode);
    if (!url.isValid() || url.host().isEmpty())
        return {};
    url.setUserInfo(QString());
    url.setQuery(QString());
    if (!path.empty())
        url.setPath(QString::fromStdString(path.starts_with('/') ? path : "/" + path), QUrl::DecodedMode);
    return url.toString(QUrl::FullyEncoded).toStdString();
}

std::string hostOf(const std::string &url)
{
    return shortHost(QUrl(QString::fromStdString(url)).host(QUrl::FullyDecoded).toStdString());
}

class PrometheusImport
{
public:
    PrometheusImport(ImportDraft &draft, const std::string &path)
        : m_draft(draft)
        , m_path(path)
        , m_folder(std::filesystem::absolute(path).parent_path())
    {
    }

    void run(const Json &file)
    {
        addServer(file);
        for (const auto &job : member(file, "scrape_configs"))
            addJob(job);
        for (const auto *key : {"remote_write", "remote_read"}) {
            if (!member(file, key).empty())
                m_draft.remark(m_path + ": “" + key + "” is not imported; for longer ranges declare that store under “prometheus” yourself");
        }
    }

private:
    /// The file does not say where its own Prometheus listens; the job that scrapes it does.
    void addServer(const Json &file)
    {
        std::string url = "http://localhost:9090";
        for (const auto &job : member(file, "scrape_configs")) {
            const auto targets = targetsOf(job);
            if (textOf(job, "job_name") == "prometheus" && !targets.empty())
                url = address(textOf(job, "scheme", "http"), targets.front(), {});
        }
        if (url.empty())
            return;
        Candidate candidate{"prometheus", "main", url, {}, {}, {"Of " + m_path + "; that file does not say where its Prometheus listens: check the address."}};
        if (const auto managers = alertmanagers(file); !managers.empty())
            candidate.more["alertmanagers"] = managers;
        m_draft.add(std::move(candidate));
    }

    std::vector<std::string> alertmanagers(const Json &file)
    {
        std::vector<std::string> result;
        for (const auto &entry : member(member(file, "alerting"), "alertmanagers")) {
            sayUnread("an Alertmanager", entry);
            for (const auto &target : targetsOf(entry)) {
                if (auto url = address(textOf(entry, "scheme", "http"), target, textOf(entry, "path_prefix")); !url.empty())
                    result.push_back(std::move(url));
            }
            if (hasCredentials(entry))
                m_draft.remark(m_path + ": an Alertmanager wants credentials, which “alertmanagers” cannot take yet");
        }
        return result;
    }

    static bool hasCredentials(const Json &job)
    {
        return std::ranges::any_of(std::initializer_list<const char *>{"basic_auth", "authorization", "bearer_token", "bearer_token_file", "oauth2"},
                                   [&](const char *key) { return !member(job, key).is_null(); });
    }

    void sayUnread(const std::string &whose, const Json &job)
    {
        if (!job.is_object())
            return;
        for (const auto &[key, value] : job.items()) {
            if (key.ends_with("_sd_configs"))
                m_draft.remark(m_path + ": " + whose + " finds its targets by “" + key + "”, which needs the running Prometheus; not imported");
        }
    }

    void addJob(const Json &job)
    {
        const auto name = textOf(job, "job_name", "job");
        sayUnread("job “" + name + "”", job);
        for (const auto &target : targetsOf(job)) {
            if (++m_targets > kMaxTargets) {
                if (m_targets == kMaxTargets + 1)
                    m_draft.remark(m_path + ": only the first " + std::to_string(kMaxTargets) + " targets are imported");
                return;
            }
            if (isProbe(job))
                addProbed(name, target);
            else
                addScraped(name, job, target);
        }
    }

    /// A blackbox exporter's job: its targets are what it probes.
    static bool isProbe(const Json &job)
    {
        return textOf(job, "metrics_path") == "/probe" || !member(member(job, "params"), "module").is_null();
    }

    void addProbed(const std::string &job, const std::string &target)
    {
        const bool isSite = target.starts_with("http://") || target.starts_with("https://");
        if (!isSite || !importUrl(m_draft, target, m_path + ": a target of job “" + job + "”"))
            m_draft.remark(m_path + ": a target of the probe “" + job + "” is no http(s) URL; not imported");
    }

    void addScraped(const std::string &job, const Json &config, const std::string &target)
    {
        const auto url = address(textOf(config, "scheme", "http"), target, textOf(config, "metrics_path", "/metrics"));
        if (url.empty()) {
            m_draft.remark(m_path + ": a target of job “" + job + "” is no host:port; not imported");
            return;
        }
        Candidate candidate{"metrics", job + "-" + hostOf(url), url, {}, {}, {}};
        addAccess(candidate, config);
        if (!member(config, "params").empty())
            candidate.comments.emplace_back("Its “params” are left out.");
        m_draft.add(std::move(candidate));
    }

    /// Credentials are never copied; a path of theirs is not one either, since Prometheus' files are Prometheus' to read.
    static void addCredentials(Candidate &candidate, const Json &config)
    {
        const auto type = textOf(member(config, "authorization"), "type", "Bearer");
        const bool isBearer = !member(config, "bearer_token").is_null() || !member(config, "bearer_token_file").is_null()
            || (!member(config, "authorization").is_null() && type == "Bearer");
        if (isBearer) {
            candidate.secretKey = "bearer";
            candidate.comments.emplace_back("Prometheus sends a bearer token here, which is not copied: put it into the variable below, or say where it is kept.");
        } else if (hasCredentials(config)) {
            candidate.secretKey = "bearer";
            candidate.comments.emplace_back("Prometheus logs in here by basic_auth, OAuth 2 or another scheme; this console sends bearer tokens only: give it one, or remove the entry.");
        }
    }

    void addAccess(Candidate &candidate, const Json &config) const
    {
        addCredentials(candidate, config);
        const auto &tls = member(config, "tls_config");
        const auto file = [&](const char *from, const char *to) {
            if (const auto path = textOf(tls, from); !path.empty())
                candidate.more[to] = (m_folder / path).lexically_normal().string();
        };
        file("ca_file", "ca");
        if (!textOf(tls, "cert_file").empty() && !textOf(tls, "key_file").empty()) {
            file("cert_file", "clientCert");
            file("key_file", "clientKey");
        }
        if (const auto name = textOf(tls, "server_name"); !name.empty())
            candidate.more["verifyName"] = name;
        if (member(tls, "insecure_skip_verify") == true)
            candidate.comments.emplace_back("Prometheus does not verify this certificate (insecure_skip_verify); this console does: name its “ca” or a pin.");
    }

    ImportDraft &m_draft;
    std::string m_path;
    std::filesystem::path m_folder;
    std::size_t m_targets = 0;
};

} // namespace

std::expected<void, std::string> importPrometheus(ImportDraft &draft, const std::string &text, const std::string &path)
{
    const auto file = yaml::parse(text);
    if (!file)
        return std::unexpected(path + ": " + file.error().display());
    if (member(*file, "scrape_configs").is_null() && member(*file, "alerting").is_null())
        return std::unexpected(path + ": neither “scrape_configs” nor “alerting” stands in it; is it a Prometheus configuration?");
    PrometheusImport(draft, path).run(*file);
    return {};
}

} // namespace muster::environment
