// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/detailpanel.h"

#include "ui/widgets/copybutton.h"
#include "ui/widgets/factgrid.h"
#include "ui/widgets/flowrow.h"
#include "ui/widgets/label.h"
#include "ui/widgets/primarybutton.h"
#include "ui/widgets/stateicon.h"

#include <QHBoxLayout>
#include <QMenu>
#include <QPainter>
#include <QPlainTextEdit>
#include <QSplitter>
#include <QVBoxLayout>

#include <algorithm>

namespace muster {

namespace {
constexpr int kMostRawLines = 14;
constexpr int kLeastWidth = 280; // px
constexpr int kMostWidth = 720;
constexpr int kMargin = 20;
constexpr int kHeadIcon = 24; // with its gap
}

DetailPanel::DetailPanel(QWidget *parent) : QScrollArea(parent)
{
    setMinimumWidth(kLeastWidth);
    setMaximumWidth(kMostWidth);
    setFrameShape(NoFrame);
    setWidgetResizable(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    named(this, QStringLiteral("detail"), tr("Details"));
    build();
    show(Detail{});
}

void DetailPanel::build()
{
    m_body = new QWidget(this);
    m_body->setAutoFillBackground(false);
    m_column = new QVBoxLayout(m_body);
    m_column->setContentsMargins(kMargin, 16, kMargin, 16);
    m_column->setSpacing(10);
    auto *head = new QHBoxLayout;
    head->setSpacing(8);
    m_icon = new StateIcon(m_body);
    m_title = new Label(theme::Type::Title, Label::Tone::Text, m_body);
    m_title->setWordWrap(true);
    head->addWidget(m_icon);
    head->addWidget(m_title, 1);
    m_column->addLayout(head);
    m_subtitle = new Label(theme::Type::Body, Label::Tone::Quiet, m_body);
    m_grid = new FactGrid(m_body);
    m_evidence = new Label(theme::Type::Body, Label::Tone::Text, m_body);
    m_remedyHead = new Label(tr("What to do"), theme::Type::Strong, Label::Tone::Text, m_body);
    m_remedy = new Label(theme::Type::Body, Label::Tone::Text, m_body);
    m_buttons = new FlowRow(m_body);
    m_copy = new CopyButton(QStringLiteral("copyDetail"), [this] { return m_detail.toText(); }, m_buttons);
    m_rawHead = new Label(tr("Raw"), theme::Type::Strong, Label::Tone::Text, m_body);
    m_raw = named(new QPlainTextEdit(m_body), QStringLiteral("raw"), tr("Raw material"));
    m_raw->setReadOnly(true);
    m_raw->setTabChangesFocus(true);
    m_raw->setFont(theme::font(theme::Type::Mono));
    m_title->setMinimumWidth(1); // a long word must not widen the panel
    for (Label *label : {m_subtitle, m_evidence, m_remedy}) {
        label->setMinimumWidth(1);
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    }
    for (QWidget *part : std::initializer_list<QWidget *>{m_subtitle, m_evidence, m_grid, m_remedyHead, m_remedy, m_buttons, m_rawHead, m_raw})
        m_column->addWidget(part);
    m_column->addStretch(1);
    setWidget(m_body);
    viewport()->setAutoFillBackground(false);
    m_body->setAutoFillBackground(false);
}

void DetailPanel::setExtra(QWidget *extra)
{
    m_column->insertWidget(m_column->indexOf(m_remedyHead), extra);
}

void DetailPanel::show(const Detail &detail)
{
    m_detail = detail;
    if (detail.status)
        m_icon->setStatus(*detail.status);
    m_icon->setVisible(detail.status.has_value());
    showTexts();
    m_grid->show(detail.lines);
    m_grid->setVisible(!detail.lines.empty());
    m_evidence->setVisible(!detail.evidence.isEmpty());
    m_remedyHead->setVisible(!detail.remedy.isEmpty());
    m_remedy->setVisible(!detail.remedy.isEmpty());
    m_copy->setVisible(!detail.isEmpty());
    m_rawHead->setVisible(!detail.raw.isEmpty());
    m_raw->setVisible(!detail.raw.isEmpty());
    if (m_raw->toPlainText() != detail.raw) {
        m_raw->setPlainText(detail.raw);
        const int lines = std::min(kMostRawLines, int(detail.raw.count(QLatin1Char('\n'))) + int(detail.raw.size() / 46) + 2);
        m_raw->setFixedHeight(lines * m_raw->fontMetrics().lineSpacing() + 12);
    }
    showSteps();
}

void DetailPanel::showTexts()
{
    const int width = std::max(kLeastWidth, viewport()->width()) - 2 * kMargin;
    const auto show = [](Label *label, const QString &text, int room) {
        const QString cut = fitted(text, label->fontMetrics(), room);
        label->show(cut);
        setTip(label, cut == text ? QString() : text);
    };
    show(m_title, m_detail.isEmpty() ? tr("Nothing selected") : m_detail.title, width - kHeadIcon);
    show(m_subtitle, m_detail.isEmpty() ? tr("Select a line to see its evidence.") : m_detail.subtitle, width);
    show(m_evidence, m_detail.evidence, width);
    show(m_remedy, m_detail.remedy, width);
}

void DetailPanel::focusSteps()
{
    if (!m_stepButtons.empty())
        m_stepButtons.front()->setFocus(Qt::TabFocusReason);
    else if (m_copy->isVisible())
        m_copy->setFocus(Qt::TabFocusReason);
}

void DetailPanel::popUp(const QPoint &globalPosition)
{
    auto *menu = named(new QMenu(this), QStringLiteral("rowMenu"), tr("Actions"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    for (const Detail::Step &step : m_shownSteps) {
        QAction *action = menu->addAction(QString(step.label).replace(QLatin1Char('&'), QStringLiteral("&&")));
        connect(action, &QAction::triggered, this, [this, step] { Q_EMIT stepRequested(QString::fromStdString(step.action), QString::fromStdString(step.instance)); });
    }
    if (!m_shownSteps.empty())
        menu->addSeparator();
    connect(menu->addAction(tr("Copy as text")), &QAction::triggered, m_copy, &QAbstractButton::click);
    menu->popup(globalPosition);
}

void DetailPanel::resizeEvent(QResizeEvent *event)
{
    QScrollArea::resizeEvent(event);
    showTexts();
}

void DetailPanel::showSteps()
{
    if (m_detail.steps != m_shownSteps) {
        m_shownSteps = m_detail.steps;
        for (QPushButton *button : m_stepButtons)
            button->deleteLater();
        m_stepButtons.clear();
        bool isFirst = true;
        for (const Detail::Step &step : m_shownSteps) {
            auto *button = new PrimaryButton(step.label, m_buttons);
            button->setPrimary(isFirst && step.action != "waive");
            isFirst = false;
            named(button, QStringLiteral("step/") % QString::fromStdString(step.action) % QLatin1Char('/') % QString::fromStdString(step.instance), step.label);
            connect(button, &QPushButton::clicked, this,
                    [this, step] { Q_EMIT stepRequested(QString::fromStdString(step.action), QString::fromStdString(step.instance)); });
            button->setVisible(true);
            m_stepButtons.push_back(button);
        }
        m_copy->raise();
    }
    m_buttons->arrange();
}

void DetailPanel::paintEvent(QPaintEvent *)
{
    QPainter painter(viewport());
    const theme::Colors &colors = theme::colors(palette());
    painter.fillRect(viewport()->rect(), colors.panel);
    painter.fillRect(QRect(0, 0, 1, viewport()->height()), colors.line);
}

QSplitter *layOut(QWidget *list, DetailPanel *detail, QWidget *parent)
{
    auto *row = new QHBoxLayout(parent);
    row->setContentsMargins(0, 0, 0, 0);
    auto *splitter = new QSplitter(parent);
    splitter->setObjectName(QStringLiteral("split"));
    splitter->setHandleWidth(1);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(list);
    splitter->addWidget(detail);
    splitter->setStretchFactor(0, 1);
    splitter->setStretchFactor(1, 0);
    splitter->setSizes({3 * DetailPanel::kWidth, DetailPanel::kWidth});
    row->addWidget(splitter);
    return splitter;
}

} // namespace muster
