# SPDX-License-Identifier: GPL-3.0-or-later
# What every target of the house is compiled with.
add_library(muster_options INTERFACE)
target_include_directories(muster_options INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_options(muster_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast
    "$<$<BOOL:${MUSTER_WERROR}>:-Werror>")
target_compile_definitions(muster_options INTERFACE
    QT_NO_CAST_FROM_ASCII QT_NO_CAST_TO_ASCII QT_NO_URL_CAST_FROM_STRING QT_USE_QSTRINGBUILDER QT_NO_FOREACH QT_NO_KEYWORDS
    QT_DISABLE_DEPRECATED_BEFORE=0x060400
    MUSTER_VERSION="${PROJECT_VERSION}")
if(MUSTER_SANITIZERS)
    target_compile_options(muster_options INTERFACE "-fsanitize=${MUSTER_SANITIZERS}" -fno-omit-frame-pointer)
    target_link_options(muster_options INTERFACE "-fsanitize=${MUSTER_SANITIZERS}")
endif()

# One library of the house: muster_add_library(muster_redis SOURCES a.cpp b.cpp LIBS Qt6::Core)
function(muster_add_library name)
    cmake_parse_arguments(arg "" "" "SOURCES;LIBS" ${ARGN})
    add_library(${name} STATIC ${arg_SOURCES})
    target_link_libraries(${name} PUBLIC muster_options ${arg_LIBS})
endfunction()
