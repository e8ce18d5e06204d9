// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/mainwindow.h"

#include "models/format/text.h"
#include "models/presenters/detail.h"
#include "models/presenters/readinesspresenter.h"
#include "ui/dialogs/aboutdialog.h"
#include "ui/dialogs/armdialog.h"
#include "ui/shell/actioncenter.h"
#include "ui/shell/commandpalette.h"
#include "ui/shell/headerbar.h"
#include "ui/shell/navigation.h"
#include "ui/shell/pagelist.h"
#include "ui/shell/statusstrip.h"
#include "ui/shell/windowmemory.h"
#include "ui/widgets/noticebar.h"

#include <QCloseEvent>
#include <QHBoxLayout>
#include <QMenuBar>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace muster {

MainWindow::MainWindow(Session &session, QWidget *parent) : QMainWindow(parent), m_session(session), m_series(session)
{
    build();
    buildMenus();
    wire();
    refresh();
    openPage(windowmemory::page());
    if (m_current.empty())
        openPage("readiness");
}

MainWindow::~MainWindow()
{
    if (const auto history = m_session.history())
        history->interrupt(); // else the readers of charts, which end with us, would wait for a server that hangs
}

void MainWindow::build()
{
    const EnvironmentInfo &environment = m_session.environment();
    setObjectName(QStringLiteral("mainWindow"));
    setWindowTitle(tr("%1 – %2 – Muster").arg(text::label(environment.name, 48), text::label(environment.kind, 24)));
    setWindowIcon(QIcon(QStringLiteral(":/icons/muster.svg")));
    windowmemory::restore(*this);
    auto *central = new QWidget(this);
    auto *column = new QVBoxLayout(central);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    m_header = new HeaderBar(m_session, m_series, central);
    auto *row = new QHBoxLayout;
    row->setSpacing(0);
    m_navigation = new Navigation(central);
    m_stack = new QStackedWidget(central);
    row->addWidget(m_navigation);
    row->addWidget(m_stack, 1);
    m_status = new StatusStrip(m_session, central);
    m_notice = new NoticeBar(central);
    column->addWidget(m_header);
    column->addWidget(m_notice);
    column->addLayout(row, 1);
    column->addWidget(m_status);
    setCentralWidget(central);
    m_actions = new ActionCenter(m_session, this);
    m_palette = new CommandPalette(central);
    for (const PageEntry &entry : pageList())
        m_navigation->addPage(entry.key, pageTitle(entry));
}

QAction *MainWindow::command(const QString &name, const QString &title, const QKeySequence &keys, void (MainWindow::*slot)())
{
    auto *action = new QAction(title, this);
    action->setObjectName(QStringLiteral("command/") % name);
    action->setShortcut(keys);
    connect(action, &QAction::triggered, this, slot);
    m_commands.emplace(name, action);
    return action;
}

void MainWindow::buildMenus()
{
    QMenu *file = menuBar()->addMenu(tr("&File"));
    file->addAction(command(QStringLiteral("report"), tr("&Save a report…"), QKeySequence(QStringLiteral("Ctrl+S")), &MainWindow::saveReport));
    file->addSeparator();
    auto *quit = file->addAction(tr("&Quit"));
    quit->setShortcut(QKeySequence(QStringLiteral("Ctrl+Q")));
    connect(quit, &QAction::triggered, this, &QWidget::close);
    QMenu *view = menuBar()->addMenu(tr("&View"));
    int number = 1;
    for (const PageEntry &entry : pageList()) {
        auto *action = view->addAction(pageTitle(entry));
        action->setShortcut(QKeySequence(Qt::CTRL | Qt::Key(Qt::Key_0 + number++)));
        connect(action, &QAction::triggered, this, [this, key = std::string(entry.key)] { openPage(key); });
    }
    view->addSeparator();
    view->addAction(command(QStringLiteral("measure"), tr("&Measure now"), QKeySequence(Qt::Key_F5), &MainWindow::measureNow));
    view->addAction(command(QStringLiteral("find"), tr("&Find anything…"), QKeySequence(QStringLiteral("Ctrl+K")), &MainWindow::openPalette));
    view->addAction(command(QStringLiteral("back"), tr("&Back"), QKeySequence(Qt::Key_Escape), &MainWindow::goBack));
    view->addSeparator();
    for (const auto &[scheme, title] : {std::pair{theme::Scheme::System, tr("Colours of the &system")}, {theme::Scheme::Light, tr("&Light")}, {theme::Scheme::Dark, tr("&Dark")}})
        connect(view->addAction(title), &QAction::triggered, this, [this, wanted = scheme] { Q_EMIT schemeChosen(wanted); });
    QMenu *actions = menuBar()->addMenu(tr("&Actions"));
    for (const std::string name : {"backup", "flush", "mail-test", "load-test"}) {
        for (const Detail::Step &step : detail::steps(name, m_session.environment())) {
            auto *action = actions->addAction(QString(step.label).replace(QLatin1Char('&'), QStringLiteral("&&")));
            connect(action, &QAction::triggered, this, [this, step] { m_actions->request(QString::fromStdString(step.action), QString::fromStdString(step.instance)); });
        }
    }
    QMenu *help = menuBar()->addMenu(tr("&Help"));
    help->addAction(command(QStringLiteral("keys"), tr("&Keys"), QKeySequence(QStringLiteral("?")), &MainWindow::showKeys));
    help->addAction(command(QStringLiteral("about"), tr("&About Muster"), {}, &MainWindow::showAbout));
}

void MainWindow::wire()
{
    connect(&m_session, &Session::published, this, &MainWindow::refreshVisible);
    connect(m_navigation, &Navigation::pageChosen, this, &MainWindow::openPage);
    connect(m_header, &HeaderBar::armRequested, m_actions, &ActionCenter::askToArm);
    connect(m_header, &HeaderBar::disarmRequested, this, [this] { m_session.runner().disarm(); });
    connect(m_status, &StatusStrip::runChosen, m_actions, &ActionCenter::showRun);
    connect(m_actions, &ActionCenter::said, m_status, &StatusStrip::say);
    connect(m_palette, &CommandPalette::chosen, this, &MainWindow::open);
}

void MainWindow::refreshVisible()
{
    if (isVisible() && !isMinimized())
        refresh();
}

void MainWindow::refresh()
{
    const auto assessment = m_session.assessment();
    m_header->refresh();
    m_status->refresh();
    int row = 0;
    for (const PageEntry &entry : pageList())
        m_navigation->setBadge(row++, readiness::badge(*assessment, entry.key));
    if (const auto shown = m_pages.find(m_current); shown != m_pages.end())
        shown->second->refresh();
}

Page *MainWindow::page(const std::string &key)
{
    if (const auto found = m_pages.find(key); found != m_pages.end())
        return found->second;
    for (const PageEntry &entry : pageList()) {
        if (entry.key != key)
            continue;
        Page *made = entry.make(m_session, m_series, m_stack);
        connect(made, &Page::stepRequested, m_actions, &ActionCenter::request);
        connect(made, &Page::subscriptionsChanged, this, &MainWindow::subscribe);
        connect(made, &Page::runRequested, m_actions, &ActionCenter::showRun);
        m_stack->addWidget(made);
        m_pages.emplace(key, made);
        return made;
    }
    return nullptr;
}

void MainWindow::openPage(const std::string &key)
{
    Page *wanted = page(key);
    if (!wanted || key == m_current)
        return;
    if (!m_current.empty())
        m_visited.push_back(m_current);
    m_current = key;
    wanted->refresh();
    m_stack->setCurrentWidget(wanted);
    m_navigation->select(key);
    subscribe();
}

void MainWindow::goBack()
{
    if (m_visited.empty())
        return;
    const std::string before = m_visited.back();
    m_visited.pop_back();
    const std::vector<std::string> visited = m_visited;
    openPage(before);
    m_visited = visited;
}

void MainWindow::subscribe()
{
    const bool isSeen = isVisible() && !isMinimized();
    const auto shown = m_pages.find(m_current);
    m_session.poller().subscribe(isSeen && shown != m_pages.end() ? shown->second->subscriptions(*m_session.snapshot()) : std::set<std::string>{});
    m_session.setVisible(isSeen);
}

void MainWindow::saveReport()
{
    m_actions->request(QStringLiteral("report"), {});
}

void MainWindow::measureNow()
{
    m_session.poller().measureNow();
    m_status->say(tr("Measuring everything now"));
}

void MainWindow::showKeys()
{
    auto *dialog = new KeysDialog(m_session.environment(), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->show();
}

void MainWindow::showAbout()
{
    auto *dialog = new AboutDialog(m_session.environment(), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->show();
}

void MainWindow::showNotice(const QString &text, const QString &action, std::function<void()> callback)
{
    m_notice->show(text, action, std::move(callback));
}

void MainWindow::openPalette()
{
    m_palette->open(paletteEntries());
}

std::vector<palette::Entry> MainWindow::paletteEntries() const
{
    std::vector<palette::Entry> entries;
    int number = 1;
    for (const PageEntry &entry : pageList())
        entries.push_back({QStringLiteral("page:") % QString::fromUtf8(entry.key), tr("page"), pageTitle(entry), tr("Ctrl+%1").arg(number++)});
    for (const std::string name : {"backup", "flush", "mail-test", "load-test"}) {
        for (const Detail::Step &step : detail::steps(name, m_session.environment()))
            entries.push_back({QStringLiteral("step:") % QString::fromStdString(step.action) % QLatin1Char('/') % QString::fromStdString(step.instance), tr("action"), step.label, {}});
    }
    for (const auto &[name, action] : m_commands)
        entries.push_back({QStringLiteral("command:") % name, tr("command"), action->text().remove(QLatin1Char('&')), action->shortcut().toString(QKeySequence::NativeText)});
    for (palette::Entry &entry : palette::entries(*m_session.assessment(), *m_session.snapshot()))
        entries.push_back(std::move(entry));
    return entries;
}

void MainWindow::open(const QString &key)
{
    const QString kind = key.section(QLatin1Char(':'), 0, 0);
    const QString what = key.section(QLatin1Char(':'), 1);
    if (kind == QLatin1String("page"))
        openPage(what.toStdString());
    else if (kind == QLatin1String("check") || kind == QLatin1String("fact"))
        reveal("readiness", what);
    else if (kind == QLatin1String("step"))
        m_actions->request(what.section(QLatin1Char('/'), 0, 0), what.section(QLatin1Char('/'), 1));
    else if (const auto found = m_commands.find(what); found != m_commands.end())
        found->second->trigger();
}

void MainWindow::reveal(const std::string &key, const QString &what)
{
    openPage(key);
    (void)page(key)->reveal(what);
}

void MainWindow::changeEvent(QEvent *event)
{
    QMainWindow::changeEvent(event);
    if (event->type() == QEvent::WindowStateChange) {
        subscribe();
        refreshVisible();
    }
}

void MainWindow::showEvent(QShowEvent *event)
{
    QMainWindow::showEvent(event);
    subscribe();
    refresh();
}

void MainWindow::hideEvent(QHideEvent *event)
{
    QMainWindow::hideEvent(event);
    subscribe();
}

void MainWindow::closeEvent(QCloseEvent *event)
{
    for (const ActionRun *run : m_session.runner().runs()) {
        if (!run->isActive())
            continue;
        m_status->say(tr("An action is running. Cancel it first, or wait for its end."));
        event->ignore();
        return;
    }
    windowmemory::remember(*this, m_current);
    QMainWindow::closeEvent(event);
}

} // namespace muster
