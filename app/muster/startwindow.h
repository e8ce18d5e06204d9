// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QWidget>

class QLabel;
class QListWidget;
class QPushButton;

namespace muster {

/// Lists the environment files of the configuration folder, opens one or another file, and says what is wrong with a broken one.
class StartWindow : public QWidget
{
    Q_OBJECT
public:
    explicit StartWindow(QWidget *parent = nullptr);

    void showProblems(const QString &text);

Q_SIGNALS:
    void fileChosen(const QString &path);

private:
    void build();
    void wire();
    void fill();
    void browse();

    QListWidget *m_list;
    QLabel *m_problems;
    QPushButton *m_open;
    QPushButton *m_browse;
};

} // namespace muster
