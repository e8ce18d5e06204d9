# SPDX-License-Identifier: GPL-3.0-or-later
target_sources(muster_models PRIVATE
    items/rowsmodel.cpp items/rowsmodel.h)
