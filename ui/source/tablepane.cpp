// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/source/tablepane.h"

#include "models/format/format.h"
#include "ui/widgets/copybutton.h"
#include "ui/widgets/datatable.h"
#include "ui/widgets/label.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QShortcut>
#include <QVBoxLayout>

namespace muster {

namespace {

constexpr int kWorthFiltering = 10; // rows
constexpr int kFilterWidth = 320;   // px

/// Esc empties it instead of leaving the page; Down goes to the rows.
class FilterEdit : public QLineEdit
{
public:
    FilterEdit(QWidget *rows, QWidget *parent) : QLineEdit(parent), m_rows(rows) {}

protected:
    bool event(QEvent *event) override
    {
        if (event->type() == QEvent::ShortcutOverride && isOwnEscape(static_cast<QKeyEvent *>(event)))
            event->accept();
        return QLineEdit::event(event);
    }
    void keyPressEvent(QKeyEvent *event) override
    {
        if (isOwnEscape(event))
            clear();
        else if (event->key() == Qt::Key_Down)
            m_rows->setFocus();
        else
            QLineEdit::keyPressEvent(event);
    }

private:
    [[nodiscard]] bool isOwnEscape(const QKeyEvent *event) const { return event->key() == Qt::Key_Escape && !text().isEmpty(); }

    QWidget *m_rows;
};

} // namespace

TablePane::TablePane(const QString &name, const QString &title, QWidget *parent)
    : QWidget(parent), m_note(new Label(theme::Type::Body, Label::Tone::Quiet, this)), m_copyHint(new CopyButton(QStringLiteral("copyHint/") % name, [this] { return m_hint; }, this)),
      m_filterRow(new QWidget(this)), m_count(new Label(theme::Type::Body, Label::Tone::Quiet, m_filterRow)), m_table(new DataTable(QStringLiteral("table/") % name, title, this))
{
    m_filter = named(new FilterEdit(m_table, m_filterRow), QStringLiteral("filter/") % name, tr("Filter %1").arg(title));
    m_filter->setPlaceholderText(tr("Filter: rows with every word (Ctrl+F)"));
    m_filter->setClearButtonEnabled(true);
    m_filter->setFixedWidth(kFilterWidth);
    m_filter->setMaxLength(200);
    m_note->setWordWrap(true);
    m_note->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_table->setSortable(true);
    auto *filterRow = new QHBoxLayout(m_filterRow);
    filterRow->setContentsMargins(0, 4, 0, 4);
    filterRow->setSpacing(12);
    filterRow->addWidget(m_filter);
    filterRow->addWidget(m_count, 1);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 4, 0, 0);
    column->addWidget(m_note);
    column->addWidget(m_copyHint, 0, Qt::AlignLeft);
    column->addWidget(m_filterRow);
    column->addWidget(m_table, 1);
    column->addStretch(0);
    connect(m_filter, &QLineEdit::textChanged, this, &TablePane::refilter);
    connect(new QShortcut(QKeySequence::Find, this), &QShortcut::activated, this, [this] {
        m_filterRow->show();
        m_filter->setFocus();
        m_filter->selectAll();
    });
    hideRows();
    showNote({}, {});
}

void TablePane::showNote(const QString &note, const QString &hint)
{
    m_note->show(note);
    m_note->setVisible(!note.isEmpty());
    m_hint = hint;
    m_copyHint->setVisible(!hint.isEmpty());
}

void TablePane::showRows(std::vector<RowColumn> columns, std::vector<Row> rows)
{
    m_table->setVisible(!rows.empty());
    m_filterRow->setVisible(int(rows.size()) >= kWorthFiltering || !m_filter->text().isEmpty() || m_filter->hasFocus());
    m_table->show(std::move(columns), std::move(rows));
    refilter();
}

void TablePane::hideRows()
{
    m_table->hide();
    m_filterRow->hide();
}

void TablePane::refilter()
{
    m_table->setFilter(m_filter->text());
    const auto grouped = [](int count) { return QString::fromStdString(format::number(count, 0)); };
    const int all = m_table->rows().rowCount();
    m_count->show(m_filter->text().simplified().isEmpty() ? all == 1 ? tr("1 row") : tr("%1 rows").arg(grouped(all)) : tr("%1 of %2 rows").arg(grouped(m_table->shownCount()), grouped(all)));
}

} // namespace muster
