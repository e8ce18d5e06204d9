// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/smtp/mailforecast.h"

#include "connectors/dns/dkimkey.h"
#include "connectors/dns/dmarc.h"
#include "connectors/dns/spf.h"
#include "models/facts/fact.h"

#include <QUrl>

#include <algorithm>
#include <optional>
#include <set>

namespace muster::smtp {

namespace {

using dns::Status;

constexpr int kMinRsaBits = 1024; ///< RFC 8301: less is not verified
constexpr int kGoodRsaBits = 2048;
constexpr std::size_t kMaxShown = 600;

/// The ASCII form that DNS knows of a domain with other letters.
std::string asciiDomain(const std::string &address)
{
    const auto domain = address.substr(address.rfind('@') + 1);
    return QUrl::toAce(QString::fromStdString(domain)).toStdString();
}

PlanCheck passed(std::string title, std::string detail) { return {std::move(title), PlanCheckState::Passed, clamp(detail, kMaxShown)}; }
PlanCheck warned(std::string title, std::string detail) { return {std::move(title), PlanCheckState::Warned, clamp(detail, kMaxShown)}; }
PlanCheck unknown(std::string title, const std::string &what, const std::string &detail)
{
    return warned(std::move(title), "unknown: DNS did not answer for " + what + (detail.empty() ? std::string() : ": " + detail));
}

std::string quoted(const std::string &record) { return "“" + record + "”"; }

class Forecast {
public:
    Forecast(dns::Resolver &resolver, const ForecastQuestion &question)
        : m_resolver(resolver), m_question(question), m_domain(asciiDomain(question.sender)), m_signer(question.dkimDomain.empty() ? m_domain : question.dkimDomain)
    {
    }

    std::vector<PlanCheck> run()
    {
        std::set<std::string> domains{m_domain};
        for (const auto &recipient : m_question.recipients)
            domains.insert(asciiDomain(recipient));
        std::vector<PlanCheck> checks;
        for (const auto &domain : domains)
            checks.push_back(mailExchangers(domain));
        checks.push_back(spf());
        checks.push_back(dkim());
        checks.push_back(dmarc());
        for (const auto &address : m_question.egress)
            checks.push_back(reverseName(address));
        return checks;
    }

private:
    dns::Resolver &m_resolver;
    const ForecastQuestion &m_question;
    std::string m_domain; ///< of the sender
    std::string m_signer; ///< d= of DKIM
    bool m_isSpfPassed = false;
    bool m_isKeyFound = false;

    PlanCheck mailExchangers(const std::string &domain)
    {
        const auto title = domain == m_domain ? "Bounces can come back: MX of " + domain : "Mail can be delivered: MX of " + domain;
        const auto answer = m_resolver.mx(domain);
        if (answer.status == Status::Failed)
            return unknown(title, domain, answer.detail);
        if (answer.status == Status::NoName)
            return warned(title, "the domain does not exist in DNS");
        if (answer.status == Status::Found) {
            if (answer.records.front().exchange.empty())
                return warned(title, "a null MX (RFC 7505): the domain says that it takes no mail");
            std::string list;
            for (const auto &mx : answer.records)
                list += (list.empty() ? "" : ", ") + std::to_string(mx.preference) + " " + mx.exchange;
            return passed(title, list);
        }
        for (const bool isV4 : {true, false}) {
            if (const auto addresses = m_resolver.addresses(domain, isV4); addresses.status == Status::Found)
                return passed(title, "no MX; mail goes to the domain's own address " + addresses.records.front().text());
        }
        return warned(title, "neither MX nor address");
    }

    PlanCheck spf()
    {
        const std::string title = "SPF authorises the sending address";
        if (m_question.egress.empty())
            return warned(title, "unknown: the address from which the mail leaves is not known; declare it as smtp.egress");
        std::optional<PlanCheck> worst;
        m_isSpfPassed = true;
        for (const auto &address : m_question.egress) {
            const auto verdict = dns::SpfCheck(m_resolver, {address, m_question.sender, m_question.relayName}).run();
            m_isSpfPassed = m_isSpfPassed && verdict.result == dns::SpfResult::Pass;
            auto check = spfCheck(title, address, verdict);
            if (!worst || check.state == PlanCheckState::Warned)
                worst = std::move(check);
        }
        return *worst;
    }

    PlanCheck spfCheck(const std::string &title, const dns::IpAddress &address, const dns::SpfVerdict &verdict) const
    {
        const auto who = address.text() + (m_question.isEgressDeclared ? "" : " (the relay's address as seen from here; declare smtp.egress if mail leaves elsewhere)");
        std::string detail = m_domain + " says " + std::string(dns::toString(verdict.result)) + " for " + who;
        if (verdict.result == dns::SpfResult::None)
            detail = m_domain + " has no SPF record";
        if (!verdict.problem.empty())
            detail += ": " + verdict.problem;
        if (!verdict.record.empty())
            detail += ". Record: " + quoted(verdict.record) + ", " + std::to_string(verdict.lookups) + " of 10 look-ups used"
                + (verdict.matched.empty() ? std::string() : ", decided by " + verdict.matched);
        return verdict.result == dns::SpfResult::Pass ? passed(title, detail) : warned(title, detail);
    }

    PlanCheck dkim()
    {
        const std::string title = "DKIM key is published";
        if (m_question.dkimSelector.empty())
            return warned(title, "unknown: selectors cannot be listed; declare smtp.dkimSelector, or look at a mail that arrived");
        const auto name = m_question.dkimSelector + "._domainkey." + m_signer;
        const auto answer = m_resolver.txt(name);
        if (answer.status == Status::Failed)
            return unknown(title, name, answer.detail);
        if (answer.records.empty())
            return warned(title, name + " does not exist: signatures with this selector do not verify");
        const auto &record = answer.records.front();
        const auto key = dns::parseDkimKey(record);
        if (!key)
            return warned(title, name + ": " + key.error() + ". Record: " + quoted(record));
        const auto words = name + ": " + key->type + ", " + std::to_string(key->bits) + " bits. Record: " + quoted(record);
        m_isKeyFound = key->type != "rsa" || key->bits >= kMinRsaBits;
        if (key->type == "rsa" && key->bits < kGoodRsaBits)
            return warned(title, (m_isKeyFound ? "weak, 2048 bits are the norm: " : "too short, receivers ignore it: ") + words);
        if (key->isTesting)
            return warned(title, "in test mode (t=y), receivers may ignore it: " + words);
        return passed(title, words);
    }

    PlanCheck dmarc()
    {
        const std::string title = "DMARC is met by this envelope";
        const auto finding = dns::findDmarc(m_resolver, m_domain);
        if (!finding.problem.empty())
            return warned(title, finding.name + ": " + finding.problem + (finding.record.empty() ? std::string() : ". Record: " + quoted(finding.record)));
        if (!finding.policy)
            return warned(title, finding.name + " does not exist: large receivers may refuse or sort out the mail");
        // Envelope sender and header From of the test mail are the same address: SPF is aligned whenever it passes.
        const bool isSignerAligned = dns::isAligned(m_signer, m_domain, finding.policy->isDkimStrict);
        const bool isMet = m_isSpfPassed || (m_isKeyFound && isSignerAligned);
        std::string detail = "policy " + finding.effectivePolicy() + ". Record: " + quoted(finding.record);
        detail += m_isSpfPassed ? ". SPF passes and is aligned" : ". SPF does not pass, so it cannot be aligned";
        if (!m_question.dkimSelector.empty())
            detail += isSignerAligned ? "; d=" + m_signer + " is aligned" : "; d=" + m_signer + " is not aligned with " + m_domain;
        if (!isMet)
            return warned(title, detail + (finding.effectivePolicy() == "none" ? ": the mail fails DMARC, and nothing is asked for" : ": receivers are asked to " + finding.effectivePolicy() + " the mail"));
        return passed(title, detail);
    }

    PlanCheck reverseName(const dns::IpAddress &address)
    {
        const auto title = "Reverse name of " + address.text() + " leads back to it";
        const auto answer = m_resolver.pointers(address);
        if (answer.status == Status::Failed)
            return unknown(title, address.reverseName(), answer.detail);
        if (answer.records.empty())
            return warned(title, address.reverseName() + " does not exist: many receivers refuse such a client");
        for (const auto &name : answer.records) {
            const auto back = m_resolver.addresses(name, address.isV4());
            if (std::ranges::find(back.records, address) == back.records.end())
                continue;
            const bool isSame = QString::compare(QString::fromStdString(name), QString::fromStdString(m_question.relayName), Qt::CaseInsensitive) == 0;
            return passed(title, name + (isSame ? ", as the relay calls itself" : "; the relay calls itself " + m_question.relayName));
        }
        return warned(title, "the name " + answer.records.front() + " does not lead back to " + address.text());
    }
};

} // namespace

std::vector<PlanCheck> forecast(dns::Resolver &resolver, const ForecastQuestion &question)
{
    return Forecast(resolver, question).run();
}

} // namespace muster::smtp
