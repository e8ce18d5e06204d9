# SPDX-License-Identifier: GPL-3.0-or-later
target_sources(muster_models PRIVATE
    format/format.cpp format/format.h
    format/text.cpp format/text.h)
