#!/usr/bin/env pwsh
<#
.SYNOPSIS
    Tasks for people who have PowerShell; each is a thin layer over dotnet.
.PARAMETER Task
    Build assembles the module in out/PSIpc. Test runs all tests, Pester included. Bench runs the benchmarks of
    -Area. Pack makes out/PSIpc.<version>.nupkg, as the PowerShell Gallery takes it. Clean removes what was built.
.EXAMPLE
    ./build.ps1 Test
.EXAMPLE
    ./build.ps1 Bench -Area queue
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Test', 'Bench', 'Pack', 'Clean')]
    [string[]] $Task = 'Build',

    [ValidateSet('Release', 'Debug')]
    [string] $Configuration = 'Release',

    [string[]] $Area = 'queue'
)

$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true
Set-Location -LiteralPath $PSScriptRoot

switch ($Task) {
    'Build' { dotnet build -c $Configuration PSIpc.sln }
    'Test' { dotnet test -c $Configuration PSIpc.sln }
    'Bench' { dotnet run -c Release --project tests/PSIpc.Benchmarks -- @Area }
    'Pack' {
        dotnet build -c $Configuration -t:PackModule src/PSIpc.Host
    }
    'Clean' {
        Get-ChildItem -Path src, tests, tools -Directory | ForEach-Object { Join-Path $_ 'bin'; Join-Path $_ 'obj' } |
            Where-Object { Test-Path $_ } | Remove-Item -Recurse -Force
        if (Test-Path out) { Remove-Item out -Recurse -Force }
    }
}
