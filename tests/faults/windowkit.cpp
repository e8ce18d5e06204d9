// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/faults/windowkit.h"

#include "app/wiring/wiring.h"
#include "ui/theme/theme.h"

#include <QApplication>
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QMultiHash>
#include <QProcess>
#include <QTableView>
#include <QTest>

#include <csignal>

namespace muster::test {

namespace {

constexpr int kBeat = 50; // ms

/// "393285269 630564241 260": ns on a CPU, ns in the run queue, turns.
double runQueueWait()
{
    QFile file(QStringLiteral("/proc/thread-self/schedstat"));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    const QList<QByteArray> fields = file.readAll().split(' ');
    return fields.size() > 1 ? fields[1].toDouble() / 1e6 : 0;
}

/// "4711 (name) S 4710 …": the fourth field is the parent.
qint64 parentOf(const QString &pid)
{
    QFile file(QStringLiteral("/proc/%1/stat").arg(pid));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    const QByteArray stat = file.readAll();
    return stat.mid(stat.lastIndexOf(')') + 2).split(' ').value(1).toLongLong();
}

QStringList entries(const QString &folder)
{
    return QDir(folder).entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot);
}

} // namespace

Heartbeat::Heartbeat()
{
    m_timer.setTimerType(Qt::PreciseTimer);
    m_timer.setInterval(kBeat);
    connect(&m_timer, &QTimer::timeout, this, &Heartbeat::beat);
    reset();
    m_timer.start();
}

void Heartbeat::reset()
{
    m_clock.start();
    m_lastWait = runQueueWait();
    m_worst = 0;
    m_worstOwn = 0;
}

void Heartbeat::beat()
{
    const double late = double(m_clock.nsecsElapsed()) / 1e6 - kBeat;
    const double wait = runQueueWait();
    m_worst = std::max(m_worst, late);
    m_worstOwn = std::max(m_worstOwn, late - (wait - m_lastWait));
    m_lastWait = wait;
    m_clock.start();
}

QByteArray Heartbeat::text() const
{
    return "late " + QByteArray::number(m_worst, 'f', 0) + " ms (own " + QByteArray::number(m_worstOwn, 'f', 0) + " ms)";
}

OpenWindow::OpenWindow(const QByteArray &environment, const std::string &page, const QString &path)
{
    const auto parsed = environment::parse(environment.toStdString(), path.toStdString());
    auto parts = parsed ? wiring::open(*parsed, {}) : std::unexpected(parsed.error());
    if (!parts) {
        m_error = QByteArray::fromStdString(environment::describe(parts.error(), "environment.json"));
        return;
    }
    theme::apply(*qApp, theme::Scheme::Light);
    m_session = std::make_unique<Session>(std::move(*parts));
    m_window = std::make_unique<MainWindow>(*m_session);
    m_window->openPage(page);
    m_window->show();
    m_session->start();
}

OpenWindow::~OpenWindow()
{
    m_window.reset();
    m_session.reset();
}

void OpenWindow::press(Qt::Key key, Qt::KeyboardModifiers modifiers)
{
    QTest::keyClick(m_window.get(), key, modifiers);
}

QWidget *OpenWindow::shown(const char *name) const
{
    auto *page = m_window->findChild<QWidget *>(QStringLiteral("page/") % QString::fromStdString(m_window->currentPage()));
    auto *found = page ? page->findChild<QWidget *>(QLatin1String(name)) : nullptr;
    return found && found->isVisible() ? found : nullptr;
}

QString OpenWindow::faultText() const
{
    QString text;
    for (const char *name : {"state", "staleBanner"}) {
        const QWidget *place = shown(name);
        for (const QLabel *label : place ? place->findChildren<QLabel *>() : QList<QLabel *>()) {
            if (label->isVisible() && !label->text().isEmpty())
                text += label->text() % QLatin1Char('\n');
        }
    }
    return text;
}

QString OpenWindow::tableText(const char *name) const
{
    QString text;
    const auto *table = qobject_cast<QTableView *>(shown(name));
    const QAbstractItemModel *model = table ? table->model() : nullptr;
    for (int row = 0; model && row < model->rowCount(); ++row) {
        for (int column = 0; column < model->columnCount(); ++column)
            text += model->index(row, column).data().toString() % QLatin1Char('\n');
    }
    return text;
}

bool OpenWindow::isHealthy() const
{
    return shown("scroll") && !shown("staleBanner");
}

Holdings holdings()
{
    return {int(entries(QStringLiteral("/proc/self/task")).size()), int(entries(QStringLiteral("/proc/self/fd")).size())};
}

void signalTrees(QList<qint64> pids, int signal)
{
    QMultiHash<qint64, qint64> children; // listed before anything is signalled: orphans have another parent
    for (const QString &other : entries(QStringLiteral("/proc"))) {
        if (const qint64 pid = other.toLongLong(); pid > 0)
            children.insert(parentOf(other), pid);
    }
    pids.removeAll(0);
    for (qsizetype i = 0; i < pids.size(); ++i)
        pids += children.values(pids[i]);
    for (const qint64 pid : pids)
        ::kill(pid_t(pid), signal);
}

std::unique_ptr<QProcess> restart(const TestServers &servers, const QString &name)
{
    auto process = std::make_unique<QProcess>();
    process->setProcessChannelMode(QProcess::ForwardedErrorChannel);
    process->start(QStringLiteral("/usr/bin/python3"), {QStringLiteral(MUSTER_SOURCE_DIR "/tests/support/servers.py"), QStringLiteral("start"),
                                                       QStringLiteral("--dir"), servers.directory(), name});
    return process;
}

qint64 currentPid(const TestServers &servers, const QString &name)
{
    QFile file(servers.directory() % QStringLiteral("/run/") % name % QStringLiteral(".json"));
    return file.open(QIODevice::ReadOnly) ? QJsonDocument::fromJson(file.readAll()).object().value(QLatin1String("pid")).toInteger() : 0;
}

void useOwnFolders(const QString &folder)
{
    for (const char *name : {"HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"})
        qputenv(name, (folder % QLatin1Char('/') % QLatin1String(name)).toLocal8Bit());
}

QByteArray entryOf(const TestServers &servers, const QString &server)
{
    QJsonObject entry{{QStringLiteral("name"), QStringLiteral("main")}, {QStringLiteral("url"), servers.text(server, u"url")}, {QStringLiteral("ca"), servers.ca()}};
    if (const QString password = servers.text(server, u"passwordFile"); !password.isEmpty())
        entry.insert(QStringLiteral("password"), QJsonObject{{QStringLiteral("file"), password}});
    if (server.startsWith(QLatin1String("smtp"))) {
        entry.remove(QStringLiteral("name"));
        entry.insert(QStringLiteral("from"), QStringLiteral("a@shop.example"));
        entry.insert(QStringLiteral("to"), QJsonArray{QStringLiteral("b@shop.example")});
    }
    return QJsonDocument(entry).toJson(QJsonDocument::Compact);
}

QByteArray environmentOf(const char *section, const QByteArray &entry)
{
    const bool isOne = qstrcmp(section, "smtp") == 0;
    return QByteArray(R"({"name": "faulty", "kind": "production", ")") + section + "\": " + (isOne ? entry : "[" + entry + "]") + "}";
}

} // namespace muster::test
