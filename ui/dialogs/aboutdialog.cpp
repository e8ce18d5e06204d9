// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/aboutdialog.h"

#include "models/format/text.h"
#include "ui/widgets/copybutton.h"
#include "ui/widgets/factgrid.h"
#include "ui/widgets/label.h"

#include <QCoreApplication>
#include <QGuiApplication>
#include <QPushButton>
#include <QSysInfo>
#include <QVBoxLayout>

namespace muster {

AboutDialog::AboutDialog(const EnvironmentInfo &environment, QWidget *parent) : Sheet(environment, tr("About Muster"), parent)
{
    setObjectName(QStringLiteral("aboutDialog"));
    const QString version = QCoreApplication::applicationVersion();
    const std::vector<Detail::Line> lines{
        {tr("Muster"), version.isEmpty() ? tr("built without a version") : version, {}},
        {tr("Qt"), tr("%1, built with %2, on %3").arg(QString::fromUtf8(qVersion()), QStringLiteral(QT_VERSION_STR), QGuiApplication::platformName()), {}},
        {tr("System"), QSysInfo::prettyProductName() % QStringLiteral(" · ") % QSysInfo::currentCpuArchitecture(), {}},
        {tr("Environment"), text::label(environment.path), {}},
        {tr("Licence"), tr("GPL-3.0-or-later. No warranty."), {}},
        {tr("Uses"), tr("Qt (LGPL-3.0) with Qt Charts (GPL-3.0), libpqxx and hiredis (BSD), libcurl (curl), OpenSSL (Apache-2.0), SQLite (public domain), nlohmann/json (MIT), QtKeychain (BSD)"), {}}};
    auto *what = new Label(tr("Production readiness, backups and caches at a glance, for the one who is on call."), theme::Type::Body, Label::Tone::Text, this);
    what->setWordWrap(true);
    auto *grid = new FactGrid(this);
    grid->show(lines);
    content().addWidget(what);
    content().addWidget(grid);
    content().addStretch(1);
    addSideButton(new CopyButton(QStringLiteral("copyAbout"), [lines] {
        QStringList text;
        for (const Detail::Line &line : lines)
            text << line.label % QStringLiteral(": ") % line.value;
        return text.join(QLatin1Char('\n'));
    }, this));
    cancelButton().setText(tr("Close"));
    connect(&cancelButton(), &QPushButton::clicked, this, &QDialog::reject);
}

} // namespace muster
