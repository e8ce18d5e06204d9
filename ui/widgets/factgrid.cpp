// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/factgrid.h"

#include "ui/widgets/label.h"

#include <QGridLayout>

#include <algorithm>

namespace muster {

namespace {
constexpr int kLabelWidth = 112; // px
}

FactGrid::FactGrid(QWidget *parent) : QWidget(parent), m_grid(new QGridLayout(this))
{
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setHorizontalSpacing(theme::kGrid);
    m_grid->setVerticalSpacing(6);
    m_grid->setColumnMinimumWidth(0, kLabelWidth);
    m_grid->setColumnStretch(1, 1);
}

void FactGrid::show(const std::vector<Detail::Line> &lines)
{
    if (lines == m_lines)
        return;
    m_lines = lines;
    while (m_pairs.size() < lines.size()) {
        const Pair pair{new Label(theme::Type::Body, Label::Tone::Quiet, this), new Label(theme::Type::Body, Label::Tone::Text, this)};
        for (Label *part : {pair.label, pair.value}) {
            part->setWordWrap(true);
            part->setAlignment(Qt::AlignTop | Qt::AlignLeft);
        }
        pair.label->setFixedWidth(kLabelWidth);
        pair.value->setTextInteractionFlags(Qt::TextSelectableByMouse);
        pair.value->setMinimumWidth(1); // a long word must not widen the panel
        const int row = int(m_pairs.size());
        m_grid->addWidget(pair.label, row, 0);
        m_grid->addWidget(pair.value, row, 1);
        m_pairs.push_back(pair);
    }
    for (std::size_t i = 0; i < m_pairs.size(); ++i) {
        const bool isUsed = i < lines.size();
        m_pairs[i].label->setVisible(isUsed);
        m_pairs[i].value->setVisible(isUsed);
    }
    place();
}

void FactGrid::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    place();
}

void FactGrid::place()
{
    const int width = std::max(kLabelWidth, this->width() - kLabelWidth - theme::kGrid);
    for (std::size_t i = 0; i < m_lines.size(); ++i) {
        const Detail::Line &line = m_lines[i];
        const Pair &pair = m_pairs[i];
        const QString value = fitted(line.value, pair.value->fontMetrics(), width);
        pair.label->show(fitted(line.label, pair.label->fontMetrics(), kLabelWidth));
        pair.value->show(value);
        setTip(pair.value, value == line.value ? line.tip : line.tip.isEmpty() ? line.value : line.value % QLatin1Char('\n') % line.tip);
    }
}

} // namespace muster
