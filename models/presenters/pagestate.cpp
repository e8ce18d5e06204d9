// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/pagestate.h"

#include "models/format/format.h"
#include "models/format/text.h"

#include <QCoreApplication>

namespace muster {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("PageState", text);
}

QString kindWord(FaultKind kind)
{
    switch (kind) {
    case FaultKind::Refused: return tr("refused the connection");
    case FaultKind::Timeout: return tr("did not answer in time");
    case FaultKind::Dns: return tr("has no address: its name does not resolve");
    case FaultKind::Tls: return tr("could not be reached safely (TLS)");
    case FaultKind::Auth: return tr("did not accept our credentials");
    case FaultKind::Denied: return tr("does not allow this user to look");
    case FaultKind::Protocol: return tr("answered something that makes no sense");
    case FaultKind::Unavailable: return tr("cannot serve now");
    case FaultKind::TooLarge: return tr("answered more than may be read");
    case FaultKind::Config: return tr("cannot be asked: the environment is not complete");
    case FaultKind::Cancelled: return tr("was not asked to the end");
    }
    return {};
}

/// What was seen, before the fault or by the round that ended half-way, stays on the page.
PageState faultState(const SourceState &source, const Snapshot &snapshot)
{
    const Fault &fault = *source.fault;
    PageState state;
    const auto facts = snapshot.facts.find(source.id);
    const bool hasFacts = facts != snapshot.facts.end() && !facts->second.empty();
    state.kind = source.lastGood || hasFacts ? PageState::Kind::Stale : PageState::Kind::Failed;
    state.title = text::label(source.id, 60) % QLatin1Char(' ') % kindWord(fault.kind);
    if (source.lastGood)
        state.title += QStringLiteral(" · ") % tr("last answer %1 ago").arg(QString::fromStdString(format::age(source.age)));
    state.text = tr("Stage “%1”: %2").arg(text::label(fault.stage, 40), text::label(fault.detail, 600));
    state.step = text::label(fault.hint, 600);
    return state;
}

} // namespace

std::vector<std::string> pageSources(const PageSpec &spec, const Snapshot &snapshot)
{
    std::vector<std::string> sources;
    for (const std::string &kind : spec.kinds) {
        for (std::string &id : snapshot.sourcesOfKind(kind))
            sources.push_back(std::move(id));
    }
    return sources;
}

PageState pageState(const PageSpec &spec, const Snapshot &snapshot, const std::string &source)
{
    PageState state;
    const std::vector<std::string> sources = pageSources(spec, snapshot);
    if (sources.empty()) {
        state.kind = PageState::Kind::Empty;
        state.title = specText(spec.missing);
        state.text = QCoreApplication::translate("PageState", "Checks that need it count as failed until it is declared or waived. Add this to the environment file:");
        state.snippet = QString::fromUtf8(spec.snippet);
        return state;
    }
    const SourceState *found = snapshot.source(source.empty() ? sources.front() : source);
    if (!found || (!found->fault && !found->lastGood)) {
        state.kind = PageState::Kind::Loading;
        state.title = tr("Measuring…");
        return state;
    }
    if (found->fault)
        return faultState(*found, snapshot);
    state.kind = PageState::Kind::Ready;
    return state;
}

} // namespace muster
