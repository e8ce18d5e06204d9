// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/muster/application.h"

#include "app/environment/environmenteditor.h"
#include "app/muster/startlog.h"
#include "app/muster/startwindow.h"
#include "app/report/reportfile.h"
#include "app/wiring/hardening.h"
#include "app/wiring/wiring.h"
#include "ui/shell/mainwindow.h"

#include <QFile>
#include <QFileInfo>
#include <QSettings>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace muster {

namespace {

constexpr std::chrono::milliseconds kSettling{500};
constexpr std::chrono::milliseconds kFirstPaint{40};
constexpr qint64 kFileLimit = 1 << 20; // bytes, as environment::load()

QString schemeKey()
{
    return QStringLiteral("window/scheme");
}

/// "" when it cannot be read, or is no environment file by its size.
std::string bytesOf(const std::string &path)
{
    QFile file(QString::fromStdString(path));
    return file.open(QIODevice::ReadOnly) && file.size() <= kFileLimit ? file.readAll().toStdString() : std::string();
}

} // namespace

Application::Application(QApplication &qt)
    : m_qt(qt)
{
    QApplication::setOrganizationName(QStringLiteral("muster")); // settings: $XDG_CONFIG_HOME/muster/muster.conf
    QApplication::setApplicationName(QStringLiteral("muster"));
    QApplication::setApplicationVersion(QStringLiteral(MUSTER_VERSION));
    QApplication::setDesktopFileName(QStringLiteral("io.github.muster.Muster"));
    const auto scheme = QSettings().value(schemeKey(), static_cast<int>(theme::Scheme::System)).toInt();
    theme::apply(m_qt, static_cast<theme::Scheme>(scheme));
    m_settled.setSingleShot(true);
    m_settled.setInterval(kSettling);
    connect(&m_watcher, &QFileSystemWatcher::fileChanged, &m_settled, qOverload<>(&QTimer::start));
    connect(&m_watcher, &QFileSystemWatcher::directoryChanged, &m_settled, qOverload<>(&QTimer::start));
    connect(&m_settled, &QTimer::timeout, this, &Application::lookAgain);
    wiring::onInterrupt(this, [] { QApplication::closeAllWindows(); QApplication::quit(); });
}

Application::~Application()
{
    m_window.reset();
    if (m_session)
        m_session->stop();
}

int Application::run(const Arguments &arguments)
{
    m_arguments = arguments;
    if (arguments.environment.empty()) {
        ask();
        return QApplication::exec();
    }
    auto environment = environment::load(arguments.environment);
    auto opened = environment ? open(*environment) : std::unexpected(environment.error());
    if (!opened) {
        std::fputs(environment::describe(opened.error(), arguments.environment).c_str(), stderr);
        return kBadArguments;
    }
    return QApplication::exec();
}

void Application::ask()
{
    m_start = std::make_unique<StartWindow>();
    connect(m_start.get(), &StartWindow::fileChosen, this, [this](const QString &path) {
        const auto environment = environment::load(path.toStdString());
        const auto opened = environment ? open(*environment) : std::unexpected(environment.error());
        if (opened)
            m_start->close();
        else
            m_start->showProblems(QString::fromStdString(environment::describe(opened.error(), path.toStdString())));
    });
    m_start->show();
}

std::expected<void, environment::Problems> Application::open(const environment::Environment &environment)
{
    auto parts = wiring::open(environment, {m_arguments.profile, true});
    if (!parts)
        return std::unexpected(parts.error());
    parts->reports = std::make_shared<report::FileReportWriter>();
    // The old window goes after the new one is there (the last window closed would end the program), and before its session.
    const auto oldSession = std::exchange(m_session, std::make_unique<Session>(std::move(*parts)));
    const auto oldWindow = std::exchange(m_window, std::make_unique<MainWindow>(*m_session));
    connect(m_window.get(), &MainWindow::schemeChosen, this, &Application::applyScheme);
    new StartLog(*m_window, *m_session, m_window.get());
    m_window->show();
    if (!m_arguments.open.empty()) // a dialog wants its window shown
        m_window->open(QString::fromStdString(m_arguments.open.find(':') == std::string::npos ? "page:" + m_arguments.open : m_arguments.open));
    // A thread for each source would compete with the first paint.
    QTimer::singleShot(kFirstPaint, m_session.get(), &Session::start);
    m_openedVersion = QFileInfo(QString::fromStdString(environment.path)).lastModified();
    m_openedBytes = bytesOf(environment.path);
    watch(environment.path);
    return {};
}

void Application::lookAgain()
{
    const auto path = m_session->environment().path;
    watch(path);
    const auto now = QFileInfo(QString::fromStdString(path)).lastModified();
    if (now == m_openedVersion)
        return;
    m_reader.run(this, [path] { return bytesOf(path); }, [this, path, now](const std::string &bytes) {
        if (path == m_session->environment().path) // still the opened one
            takeUp(bytes, now);
    });
}

/// Waivers are taken up as they are, whoever wrote them; what else changed in the file is offered.
void Application::takeUp(const std::string &bytes, const QDateTime &version)
{
    const auto environment = environment::parse(bytes, m_session->environment().path);
    const auto isKnown = [this](const readiness::Waiver &waiver) { return m_session->assessment()->check(waiver.check) != nullptr; };
    if (environment && environment::isSameButWaivers(bytes, m_openedBytes) && std::ranges::all_of(environment->waivers, isKnown)) {
        m_openedVersion = version;
        m_openedBytes = bytes;
        m_session->setWaivers(environment->waivers);
        return;
    }
    m_window->showNotice(tr("The environment file changed on disk."), tr("Open it anew"), [this] { QTimer::singleShot(0, this, &Application::reopen); });
}

/// The folder too: editors that save by renaming leave the watcher with the old file.
void Application::watch(const std::string &path)
{
    if (!m_watcher.files().isEmpty())
        m_watcher.removePaths(m_watcher.files());
    const QFileInfo file(QString::fromStdString(path));
    m_watcher.addPath(file.absoluteFilePath());
    m_watcher.addPath(file.absolutePath());
}

void Application::reopen()
{
    const auto path = m_session->environment().path;
    const auto page = m_window->currentPage();
    const auto environment = environment::load(path);
    m_arguments.open = page;
    const auto opened = environment ? open(*environment) : std::unexpected(environment.error());
    if (!opened)
        m_window->showNotice(QString::fromStdString(environment::describe({opened.error().front()}, path)));
}

void Application::applyScheme(theme::Scheme scheme)
{
    theme::apply(m_qt, scheme);
    QSettings().setValue(schemeKey(), static_cast<int>(scheme));
}

} // namespace muster
