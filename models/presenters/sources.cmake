# SPDX-License-Identifier: GPL-3.0-or-later
target_sources(muster_models PRIVATE
    presenters/asyncreader.cpp presenters/asyncreader.h
    presenters/auditpresenter.cpp presenters/auditpresenter.h
    presenters/backuppresenter.cpp presenters/backuppresenter.h
    presenters/blockers.cpp presenters/blockers.h
    presenters/detail.cpp presenters/detail.h
    presenters/factpresenter.cpp presenters/factpresenter.h
    presenters/headerpresenter.cpp presenters/headerpresenter.h
    presenters/pagespec.cpp presenters/pagespec.h
    presenters/pagestate.cpp presenters/pagestate.h
    presenters/palettesearch.cpp presenters/palettesearch.h
    presenters/planpresenter.cpp presenters/planpresenter.h
    presenters/readinesspresenter.cpp presenters/readinesspresenter.h
    presenters/series.cpp presenters/series.h
    presenters/seriesbook.cpp presenters/seriesbook.h
    presenters/vitals.cpp presenters/vitals.h
    presenters/waiver.cpp presenters/waiver.h)
