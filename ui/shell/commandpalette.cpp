// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/commandpalette.h"

#include "models/format/text.h"
#include "ui/theme/theme.h"
#include "ui/widgets/datatable.h"
#include "ui/widgets/label.h"

#include <QHeaderView>
#include <QKeyEvent>
#include <QLineEdit>
#include <QVBoxLayout>

#include <algorithm>

namespace muster {

namespace {
constexpr int kWidth = 640; // px
constexpr int kTop = 72;
constexpr int kMostResults = 60;
constexpr int kVisibleRows = 12;
}

CommandPalette::CommandPalette(QWidget *parent) : QFrame(parent)
{
    named(this, QStringLiteral("palette"), tr("Go to anything"));
    setFrameShape(StyledPanel);
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(8, 8, 8, 8);
    m_query = named(new QLineEdit(this), QStringLiteral("paletteQuery"), tr("Find an action, page, check or fact"));
    m_query->setPlaceholderText(tr("Find an action, page, check or fact"));
    m_query->installEventFilter(this);
    m_results = new DataTable(QStringLiteral("paletteResults"), tr("Results"), this);
    m_results->horizontalHeader()->hide();
    m_results->setFixedHeight(kVisibleRows * theme::kRowHeight);
    m_results->setFocusPolicy(Qt::NoFocus);
    column->addWidget(m_query);
    column->addWidget(m_results);
    m_nothing = named(new Label(theme::Type::Body, Label::Tone::Quiet, this), QStringLiteral("paletteNothing"), tr("Nothing found"));
    column->addWidget(m_nothing);
    connect(m_query, &QLineEdit::textChanged, this, &CommandPalette::search);
    connect(m_query, &QLineEdit::returnPressed, this, &CommandPalette::choose);
    connect(m_results, &DataTable::clicked, this, &CommandPalette::choose);
    QFrame::hide();
}

void CommandPalette::open(std::vector<palette::Entry> entries)
{
    m_entries = std::move(entries);
    m_query->clear();
    search();
    const int width = std::min(kWidth, parentWidget()->width() - 32);
    setGeometry((parentWidget()->width() - width) / 2, kTop, width, sizeHint().height());
    show();
    raise();
    m_query->setFocus();
}

void CommandPalette::search()
{
    m_results->show(palette::columns(), palette::rows(palette::search(m_entries, m_query->text(), kMostResults)));
    const bool isFound = m_results->rows().rowCount() > 0;
    m_results->setVisible(isFound);
    m_nothing->setVisible(!isFound);
    m_nothing->show(tr("Nothing is called “%1”. A part of the name is enough, e.g. “backup”, “cache” or “hit rate”.").arg(text::label(m_query->text().toStdString(), 60)));
    resize(width(), sizeHint().height());
    if (isFound)
        m_results->selectKey(m_results->rows().rows().front().key);
}

void CommandPalette::choose()
{
    if (m_results->rows().rowCount() == 0)
        return;
    const QString key = m_results->currentKey();
    hide();
    Q_EMIT chosen(key);
}

void CommandPalette::move(int rows)
{
    const int count = m_results->rows().rowCount();
    if (count == 0)
        return;
    const int row = std::clamp(m_results->currentIndex().row() + rows, 0, count - 1);
    m_results->selectKey(m_results->rows().rows()[std::size_t(row)].key);
}

bool CommandPalette::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::FocusOut && isVisible()) {
        hide();
        return false;
    }
    if (event->type() != QEvent::KeyPress)
        return QFrame::eventFilter(watched, event);
    switch (static_cast<QKeyEvent *>(event)->key()) {
    case Qt::Key_Down: move(1); return true;
    case Qt::Key_Up: move(-1); return true;
    case Qt::Key_PageDown: move(kVisibleRows); return true;
    case Qt::Key_PageUp: move(-kVisibleRows); return true;
    case Qt::Key_Escape: hide(); parentWidget()->setFocus(); return true;
    default: return false;
    }
}

} // namespace muster
