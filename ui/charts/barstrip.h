// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>
#include <QWidget>

#include <string>
#include <vector>

namespace muster {

/// One bar for each of some runs, oldest left, with greatest and latest value in print. What is not known has no bar.
class BarStrip : public QWidget
{
    Q_OBJECT
public:
    BarStrip(const QString &objectName, const QString &title, std::string unit, QWidget *parent = nullptr);

    /// Values in the unit, NaN = not known; `names` say what each bar is.
    void show(const std::vector<double> &values, const QStringList &names);
    [[nodiscard]] int barCount() const;
    [[nodiscard]] QSize sizeHint() const override { return {280, 104}; }
    using QWidget::show;

protected:
    bool event(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;

private:
    [[nodiscard]] QRectF slot(std::size_t index) const;
    [[nodiscard]] QString valueText(double value) const;

    QString m_title;
    std::string m_unit;
    std::vector<double> m_values;
    QStringList m_names;
};

} // namespace muster
