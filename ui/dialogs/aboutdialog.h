// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/dialogs/sheet.h"

namespace muster {

/// Version, Qt, licences.
class AboutDialog : public Sheet
{
    Q_OBJECT
public:
    AboutDialog(const EnvironmentInfo &environment, QWidget *parent);
};

} // namespace muster
