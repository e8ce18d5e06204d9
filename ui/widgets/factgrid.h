// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/presenters/detail.h"

#include <QWidget>

#include <vector>

class QGridLayout;

namespace muster {

class Label;

/// Rows of label and value; a hover says where and when the value was observed, and all of a word that is too long for its column.
class FactGrid : public QWidget
{
    Q_OBJECT
public:
    explicit FactGrid(QWidget *parent = nullptr);

    void show(const std::vector<Detail::Line> &lines);
    using QWidget::show;

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void place();

    struct Pair {
        Label *label;
        Label *value;
    };
    QGridLayout *m_grid;
    std::vector<Pair> m_pairs; ///< grows, never shrinks; what is not used is hidden
    std::vector<Detail::Line> m_lines;
};

} // namespace muster
