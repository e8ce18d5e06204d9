// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>

#include <functional>

class QPushButton;

namespace muster {

class Label;

/// One slim line under the header: something happened that wants a decision, but no haste. One at a time; the newest stays.
class NoticeBar : public QFrame
{
    Q_OBJECT
public:
    explicit NoticeBar(QWidget *parent = nullptr);

    /// `action` "" = only a word; else a button that calls `callback` once and closes the bar.
    void show(const QString &text, const QString &action, std::function<void()> callback);
    using QFrame::show;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    Label *m_text;
    QPushButton *m_action;
    std::function<void()> m_callback;
};

} // namespace muster
