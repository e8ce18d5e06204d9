// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/runview.h"

#include "models/format/format.h"
#include "models/format/text.h"
#include "models/presenters/planpresenter.h"
#include "ui/widgets/datatable.h"
#include "ui/widgets/label.h"
#include "ui/widgets/stateicon.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QVBoxLayout>

namespace muster {

namespace {

constexpr int kMostBlocks = 500;
constexpr int kMostDetails = 10;
constexpr std::size_t kTranscriptLimit = 64 * 1024; // bytes shown; Copy takes the same

QPlainTextEdit *textBox(const QString &objectName, const QString &name, QWidget *parent)
{
    auto *box = named(new QPlainTextEdit(parent), objectName, name);
    box->setReadOnly(true);
    box->setTabChangesFocus(true);
    box->setFont(theme::font(theme::Type::Mono));
    box->setMaximumBlockCount(kMostBlocks);
    return box;
}

} // namespace

ProgressView::ProgressView(QWidget *parent) : QWidget(parent)
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    m_phase = named(new Label(theme::Type::Strong, Label::Tone::Text, this), QStringLiteral("phase"), tr("Progress"));
    m_bar = named(new QProgressBar(this), QStringLiteral("progress"), tr("Progress"));
    m_bar->setTextVisible(false);
    m_bar->setFixedHeight(8);
    m_elapsed = new Label(theme::Type::Small, Label::Tone::Quiet, this);
    m_log = textBox(QStringLiteral("log"), tr("Log of this run"), this);
    column->addWidget(m_phase);
    column->addWidget(m_bar);
    column->addWidget(m_elapsed);
    column->addWidget(m_log, 1);
}

void ProgressView::show(const ActionRun &run)
{
    const QString words = plan::progressText(run.progress());
    const bool isVerifying = run.state() == ActionRun::State::Verifying;
    m_phase->show(run.isCancelling() ? tr("Cancelling…") : run.isPaused() ? tr("Paused · %1").arg(words) : isVerifying && words.isEmpty() ? tr("Verifying…") : words.isEmpty() ? tr("Working…") : words);
    const std::optional<int> permille = plan::progressPermille(run.progress());
    m_bar->setRange(0, permille ? 1000 : 0);
    m_bar->setValue(permille.value_or(0));
    m_elapsed->show(tr("running for %1").arg(QString::fromStdString(format::age(run.elapsed()))));
    const auto &log = run.log();
    const bool isCut = m_logged > 0 && (log.size() < m_logged || log[m_logged - 1] != m_lastLogged);
    if (isCut) {
        m_log->clear();
        m_logged = 0;
    }
    for (; m_logged < log.size(); ++m_logged)
        m_log->appendPlainText(text::label(log[m_logged], 400));
    m_lastLogged = log.empty() ? std::string() : log.back();
}

OutcomeView::OutcomeView(QWidget *parent) : QWidget(parent)
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    auto *head = new QHBoxLayout;
    m_icon = new StateIcon(this, 16);
    m_title = named(new Label(theme::Type::Title, Label::Tone::Text, this), QStringLiteral("outcome"), tr("Outcome"));
    head->addWidget(m_icon);
    head->addWidget(m_title, 1);
    m_summary = new Label(theme::Type::Body, Label::Tone::Text, this);
    m_howToFindOut = new Label(theme::Type::Strong, Label::Tone::Text, this);
    m_details = new DataTable(QStringLiteral("details"), tr("Details"), this);
    m_details->horizontalHeader()->hide();
    m_details->setFitted(kMostDetails);
    m_details->setSelectionMode(QAbstractItemView::NoSelection);
    m_transcript = textBox(QStringLiteral("transcript"), tr("Transcript"), this);
    m_transcript->setMaximumBlockCount(0);
    for (Label *label : {m_summary, m_howToFindOut}) {
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    }
    column->addLayout(head);
    for (QWidget *part : std::initializer_list<QWidget *>{m_summary, m_howToFindOut, m_details})
        column->addWidget(part);
    column->addWidget(m_transcript, 1);
    column->addStretch(0);
}

void OutcomeView::show(const Outcome &outcome, const std::string &action)
{
    const CheckStatus status = plan::outcomeStatus(outcome.kind);
    m_icon->setStatus(status);
    m_title->setTone(toneOf(status));
    m_title->show(plan::outcomeTitle(outcome.kind, action));
    m_summary->show(text::label(outcome.summary, 1000));
    m_howToFindOut->show(text::label(outcome.howToFindOut, 1000));
    m_howToFindOut->setVisible(!outcome.howToFindOut.empty());
    m_details->show(plan::lineColumns(tr("Details")), plan::lineRows(outcome.details));
    m_details->setVisible(!outcome.details.empty());
    m_transcript->setPlainText(QString::fromStdString(text::block(outcome.transcript, kTranscriptLimit)));
    m_transcript->setVisible(!outcome.transcript.empty());
}

} // namespace muster
