// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/engine/session.h"
#include "models/presenters/palettesearch.h"
#include "models/presenters/seriesbook.h"
#include "ui/theme/theme.h"

#include <QMainWindow>

#include <functional>
#include <map>
#include <string>
#include <vector>

class QStackedWidget;

namespace muster {

class ActionCenter;
class CommandPalette;
class HeaderBar;
class Navigation;
class NoticeBar;
class Page;
class StatusStrip;

/// The window on one environment. Made fast: a page is built when it is first shown.
class MainWindow : public QMainWindow
{
    Q_OBJECT
public:
    explicit MainWindow(Session &session, QWidget *parent = nullptr);
    ~MainWindow() override;

    void openPage(const std::string &key);
    [[nodiscard]] std::string currentPage() const { return m_current; }
    /// Opens what Ctrl+K found, or a deep link named: "page:cache", "check:ID", "fact:...", "command:...", "step:backup/nightly".
    void open(const QString &key);
    void openPalette();
    /// A slim bar under the header; `action` "" = only the words, else a button that calls `callback` once.
    void showNotice(const QString &text, const QString &action = {}, std::function<void()> callback = {});

Q_SIGNALS:
    /// The operator chose a scheme in the menu; the application applies and remembers it.
    void schemeChosen(muster::theme::Scheme scheme);

protected:
    void changeEvent(QEvent *event) override;
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;
    void closeEvent(QCloseEvent *event) override;

private:
    void build();
    void buildMenus();
    QAction *command(const QString &name, const QString &title, const QKeySequence &keys, void (MainWindow::*slot)());
    void wire();
    void refresh();
    void refreshVisible();
    void subscribe();
    void goBack();
    void saveReport();
    void measureNow();
    void showKeys();
    void showAbout();
    void reveal(const std::string &page, const QString &what);
    [[nodiscard]] Page *page(const std::string &key);
    [[nodiscard]] std::vector<palette::Entry> paletteEntries() const;

    Session &m_session;
    SeriesBook m_series;
    ActionCenter *m_actions;
    HeaderBar *m_header;
    NoticeBar *m_notice;
    Navigation *m_navigation;
    QStackedWidget *m_stack;
    StatusStrip *m_status;
    CommandPalette *m_palette;
    std::map<std::string, Page *> m_pages;     ///< built so far
    std::map<QString, QAction *> m_commands;   ///< by name: "measure"
    std::vector<std::string> m_visited;        ///< for Esc
    std::string m_current;
};

} // namespace muster
