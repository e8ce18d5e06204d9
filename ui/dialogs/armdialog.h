// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/dialogs/sheet.h"

namespace muster {

/// Asks before actions are allowed at all. Cancel is the default.
class ArmDialog : public Sheet
{
    Q_OBJECT
public:
    ArmDialog(const EnvironmentInfo &environment, QWidget *parent);

Q_SIGNALS:
    void armed();
};

/// The keys of the window, under "?".
class KeysDialog : public Sheet
{
    Q_OBJECT
public:
    KeysDialog(const EnvironmentInfo &environment, QWidget *parent);
};

} // namespace muster
