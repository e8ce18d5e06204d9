// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/environment/environment.h"
#include "app/muster/arguments.h"
#include "models/engine/session.h"
#include "models/presenters/asyncreader.h"
#include "ui/theme/theme.h"

#include <QApplication>
#include <QDateTime>
#include <QFileSystemWatcher>
#include <QObject>
#include <QTimer>

#include <memory>

namespace muster {

class MainWindow;
class StartWindow;

/// Opens an environment and shows the window on it; asks for one when none was named. Ends cleanly on SIGINT and SIGTERM.
class Application : public QObject
{
    Q_OBJECT
public:
    explicit Application(QApplication &qt);
    ~Application() override;

    /// The program's exit code.
    [[nodiscard]] int run(const Arguments &arguments);

private:
    void ask();
    [[nodiscard]] std::expected<void, environment::Problems> open(const environment::Environment &environment);
    void applyScheme(theme::Scheme scheme);
    void watch(const std::string &path);
    void lookAgain();
    void takeUp(const std::string &bytes, const QDateTime &version);
    void reopen();

    QApplication &m_qt;
    Arguments m_arguments;
    QFileSystemWatcher m_watcher; ///< of the opened file
    QTimer m_settled;             ///< an editor writes in several steps
    QDateTime m_openedVersion;
    std::string m_openedBytes;
    AsyncReader m_reader; ///< of the opened file, when it changes
    std::unique_ptr<StartWindow> m_start;
    std::unique_ptr<Session> m_session; ///< before the window: outlives it
    std::unique_ptr<MainWindow> m_window;
};

} // namespace muster
