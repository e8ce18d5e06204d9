// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/armdialog.h"

#include "ui/widgets/factgrid.h"
#include "ui/widgets/label.h"
#include "ui/widgets/primarybutton.h"

#include <QVBoxLayout>

namespace muster {

ArmDialog::ArmDialog(const EnvironmentInfo &environment, QWidget *parent) : Sheet(environment, tr("Arm this console?"), parent)
{
    setObjectName(QStringLiteral("armDialog"));
    auto *what = new Label(tr("While armed, a backup, a flush or a test mail may be run from here. Each still shows its plan first and asks again. "
                              "The console becomes read-only by itself after 15 minutes without a run."),
                           theme::Type::Body, Label::Tone::Text, this);
    what->setWordWrap(true);
    content().addWidget(what);
    content().addStretch(1);
    auto *arm = named(new PrimaryButton(tr("Arm for 15 minutes"), this), QStringLiteral("armNow"), tr("Arm for 15 minutes"));
    addButton(arm);
    connect(&cancelButton(), &QPushButton::clicked, this, &QDialog::reject);
    connect(arm, &QPushButton::clicked, this, [this] {
        Q_EMIT armed();
        accept();
    });
}

KeysDialog::KeysDialog(const EnvironmentInfo &environment, QWidget *parent) : Sheet(environment, tr("Keys"), parent)
{
    setObjectName(QStringLiteral("keysDialog"));
    auto *grid = new FactGrid(this);
    grid->show({{tr("Ctrl+K"), tr("find any action, page, check or fact"), {}},
                {tr("Ctrl+1 … 9"), tr("the pages, from top to bottom"), {}},
                {tr("F5"), tr("measure everything now"), {}},
                {tr("Ctrl+S"), tr("save a report"), {}},
                {tr("Esc"), tr("back to the page before; closes a sheet (a run goes on in the background)"), {}},
                {tr("↑ ↓"), tr("move in a list; details follow on the right"), {}},
                {tr("Enter"), tr("from a row to its actions; the menu key lists them"), {}},
                {tr("Ctrl+C"), tr("copy the row"), {}},
                {tr("Ctrl+F"), tr("filter the table in front"), {}},
                {tr("Space"), tr("switch an item of the plan on or off"), {}},
                {tr("Delete"), tr("in the list of waivers: remove one, after asking"), {}},
                {tr("Tab"), tr("to the next list, field or button"), {}},
                {tr("?"), tr("these keys"), {}},
                {tr("Ctrl+Q"), tr("quit"), {}}});
    content().addWidget(grid);
    content().addStretch(1);
    cancelButton().setText(tr("Close"));
    connect(&cancelButton(), &QPushButton::clicked, this, &QDialog::reject);
}

} // namespace muster
