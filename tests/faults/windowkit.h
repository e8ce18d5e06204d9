// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/engine/session.h"
#include "tests/support/testservers.h"
#include "ui/shell/mainwindow.h"

#include <QByteArray>
#include <QElapsedTimer>
#include <QList>
#include <QObject>
#include <QString>
#include <QTimer>

#include <memory>
#include <string>
#include <vector>

class QProcess;

namespace muster::test {

/// A 50 ms timer on the thread that makes it, and how late it came at worst. A machine with more work than cores makes everything late; so the
/// time that this thread stood in the kernel's run queue (/proc/thread-self/schedstat) is told apart from the time that it was held up by itself.
class Heartbeat : public QObject
{
    Q_OBJECT
public:
    Heartbeat();
    void reset();
    [[nodiscard]] double worst() const { return m_worst; }       ///< ms, as the clock says
    [[nodiscard]] double worstOwn() const { return m_worstOwn; } ///< ms, less the time in the run queue
    /// "late 12 ms (own 8 ms)"
    [[nodiscard]] QByteArray text() const;

    static constexpr double kLimit = 100; ///< ms

private:
    void beat();

    QTimer m_timer;
    QElapsedTimer m_clock;
    double m_lastWait = 0;
    double m_worst = 0;
    double m_worstOwn = 0;
};

/// The real session, sources, wiring and window on an environment file's text.
class OpenWindow
{
public:
    /// `page`: what is shown, such as "cache". `path`: where the text came from, for relative paths in it.
    OpenWindow(const QByteArray &environment, const std::string &page, const QString &path = QStringLiteral("/tmp/environment.json"));
    ~OpenWindow();
    OpenWindow(const OpenWindow &) = delete;
    OpenWindow &operator=(const OpenWindow &) = delete;

    [[nodiscard]] bool isOpen() const { return m_window != nullptr; }
    [[nodiscard]] const char *errorText() const { return m_error.constData(); }
    [[nodiscard]] MainWindow &window() { return *m_window; }
    [[nodiscard]] Session &session() { return *m_session; }
    [[nodiscard]] const SourceState *source(const std::string &id) const { return m_session->snapshot()->source(id); }
    void press(Qt::Key key, Qt::KeyboardModifiers modifiers = Qt::NoModifier);

    /// What the page says where it has no content, or in the line above old content. One text; "" while neither is to be seen.
    [[nodiscard]] QString faultText() const;
    /// All cells of one of the page's tables, as shown; "" while it is not to be seen.
    [[nodiscard]] QString tableText(const char *name) const;
    /// The page shows content, and no line about old content.
    [[nodiscard]] bool isHealthy() const;

private:
    QByteArray m_error;
    std::unique_ptr<Session> m_session;
    std::unique_ptr<MainWindow> m_window;

    [[nodiscard]] QWidget *shown(const char *name) const;
};

/// What this process holds.
struct Holdings {
    int threads = 0;
    int descriptors = 0;
};
[[nodiscard]] Holdings holdings();

/// Sends a signal to servers, then to all that were their children.
void signalTrees(QList<qint64> pids, int signal);
/// Starts servers again that were killed, without blocking: finished() says when they answer.
[[nodiscard]] std::unique_ptr<QProcess> restart(const TestServers &servers, const QString &name);
/// The pid after restart(); 0 when there is none.
[[nodiscard]] qint64 currentPid(const TestServers &servers, const QString &name);
/// HOME and XDG folders of the test's own, for the whole process.
void useOwnFolders(const QString &folder);

/// {"name": "primary", "url": "…", …} for the environment file, of a server that runs.
[[nodiscard]] QByteArray entryOf(const TestServers &servers, const QString &server);
/// The whole file with one section: {"name": …, "kind": "production", SECTION: [ENTRY]}.
[[nodiscard]] QByteArray environmentOf(const char *section, const QByteArray &entry);

} // namespace muster::test
