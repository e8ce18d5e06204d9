// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/statusstrip.h"

#include "models/format/text.h"
#include "models/presenters/headerpresenter.h"
#include "models/presenters/planpresenter.h"
#include "ui/widgets/label.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QMenu>
#include <QPainter>
#include <QToolButton>

#include <algorithm>

namespace muster {

namespace {
constexpr int kHeight = 26;      // px
constexpr int kSaidFor = 8000; // ms
constexpr int kSourceGap = 16; // px
constexpr int kMoreWidth = 28;
}

StatusStrip::StatusStrip(Session &session, QWidget *parent) : QWidget(parent), m_session(session)
{
    setFixedHeight(kHeight);
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(16, 5, 16, 3);
    row->setSpacing(20);
    m_sources = new QWidget(this);
    m_sources->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Ignored);
    m_sources->installEventFilter(this);
    m_more = named(new Label(theme::Type::Small, Label::Tone::Quiet, m_sources), QStringLiteral("moreSources"), tr("Sources that do not fit"));
    m_sentence = new Label(theme::Type::Small, Label::Tone::Accent, this);
    m_runs = named(new QToolButton(this), QStringLiteral("runs"), tr("Actions in the background"));
    m_runs->setAutoRaise(true);
    m_runs->setFont(theme::font(theme::Type::Small));
    m_runs->setPopupMode(QToolButton::InstantPopup);
    m_menu = new QMenu(m_runs);
    m_runs->setMenu(m_menu);
    m_clock = new Label(theme::Type::Small, Label::Tone::Quiet, this);
    row->addWidget(m_sources, 1);
    row->addWidget(m_sentence);
    row->addWidget(m_runs);
    row->addWidget(m_clock);
    row->addWidget(new Label(tr("Ctrl+K for everything"), theme::Type::Small, Label::Tone::Quiet, this));
    m_silence.setSingleShot(true);
    m_silence.setInterval(kSaidFor);
    connect(&m_silence, &QTimer::timeout, m_sentence, &QWidget::hide);
    connect(&session.runner(), &ActionRunner::runsChanged, this, &StatusStrip::showRuns);
    connect(&session.runner(), &ActionRunner::runAdded, this, [this](ActionRun *run) { connect(run, &ActionRun::changed, this, &StatusStrip::showRuns); });
    m_sentence->hide();
    showRuns();
}

void StatusStrip::refresh()
{
    const std::vector<SourceAge> ages = sourceAges(*m_session.snapshot());
    while (m_ages.size() < ages.size()) {
        m_ages.push_back(new Label(theme::Type::Small, Label::Tone::Quiet, m_sources));
    }
    for (std::size_t i = 0; i < ages.size(); ++i) {
        m_ages[i]->show(ages[i].text);
        m_ages[i]->setTone(ages[i].status == CheckStatus::Fail ? Label::Tone::Fail : Label::Tone::Quiet);
        setTip(m_ages[i], ages[i].tip);
    }
    placeSources();
    m_clock->show(clockText(*m_session.snapshot()));
}

// As many as fit side by side, those that fail first (the presenter sorts them); the others are counted, and named on hover.
void StatusStrip::placeSources()
{
    QStringList hidden;
    int x = 0;
    for (std::size_t i = 0; i < m_ages.size(); ++i) {
        Label *age = m_ages[i];
        const QSize size = age->sizeHint();
        const bool isLast = i + 1 == m_ages.size();
        const bool fits = hidden.isEmpty() && x + size.width() + (isLast ? 0 : kMoreWidth) <= m_sources->width();
        age->setVisible(fits);
        if (!fits) {
            hidden << age->text();
            continue;
        }
        age->setGeometry(x, 0, size.width(), m_sources->height());
        x += size.width() + kSourceGap;
    }
    m_more->setVisible(!hidden.isEmpty());
    m_more->show(QStringLiteral("+%1").arg(hidden.size()));
    m_more->setGeometry(x, 0, kMoreWidth, m_sources->height());
    setTip(m_more, hidden.join(QLatin1Char('\n')));
}

bool StatusStrip::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == m_sources && event->type() == QEvent::Resize)
        placeSources();
    return QWidget::eventFilter(watched, event);
}

void StatusStrip::say(const QString &sentence)
{
    m_sentence->show(sentence);
    m_sentence->show();
    m_silence.start();
}

void StatusStrip::showRuns()
{
    const std::vector<ActionRun *> runs = m_session.runner().runs();
    const auto active = std::ranges::count_if(runs, &ActionRun::isActive);
    m_runs->setVisible(!runs.empty());
    m_runs->setText(active == 1 ? tr("1 action running") : active > 1 ? tr("%1 actions running").arg(active) : runs.size() == 1 ? tr("1 action open") : tr("%1 actions open").arg(runs.size()));
    m_menu->clear();
    for (ActionRun *run : runs) {
        const QString title = run->plan().title.empty() ? tr("Preparing…") : text::label(run->plan().title, 80).replace(QLatin1Char('&'), QStringLiteral("&&"));
        connect(m_menu->addAction(title), &QAction::triggered, this, [this, run] { Q_EMIT runChosen(run); });
    }
}

void StatusStrip::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const theme::Colors &colors = theme::colors(palette());
    painter.fillRect(rect(), colors.side);
    painter.fillRect(QRect(0, 0, width(), 1), colors.line);
}

} // namespace muster
