<#
.SYNOPSIS
    Brings the pages in docs/cmdlets up to date with the cmdlets of the module: run it after adding a cmdlet or changing a parameter.
.DESCRIPTION
    The tool generates the synopsis, the syntax and the parameters of each page: yaml blocks from the module, texts from the XML documentation in
    the sources. So the text of a parameter is written in one place, the summary of its property, and the synopsis in that of its class. All other sections are kept. A new cmdlet gets a new
    page; text that is still to be written is in double braces, which a test refuses.
.PARAMETER Name
    The cmdlets, with wildcards.
.PARAMETER Check
    Writes no file, only the paths of the pages that are out of date.
.EXAMPLE
    src/PSIpc.Host/bin/Release/net10.0/psipc tools/Update-CmdletHelp.ps1
#>
param([string[]] $Name = '*', [switch] $Check)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$root = [IO.Path]::GetFullPath([IO.Path]::Combine($PSScriptRoot, '..'))
$module = (Get-Module PSIpc).ModuleBase
$documentation = @{}
foreach ($file in [IO.Directory]::GetFiles($module, 'PSIpc*.xml')) {
    $xml = [xml]::new()
    $xml.Load($file)
    foreach ($member in $xml.SelectNodes('/doc/members/member')) { $documentation[$member.name] = $member.SelectSingleNode('summary') }
}

# The text of an XML comment: <c> becomes code, references the last part of their name.
function Get-DocumentedText {
    param([string] $Key)
    if (-not $documentation.ContainsKey($Key) -or $null -eq $documentation[$Key]) { return '{{Text}}' }
    $text = $documentation[$Key].InnerXml -replace '</?c>', '`' -replace '<see cref="[^"]*?(\w+)(\([^"]*)?"\s*/>', '$1' -replace '</?para[^>]*>', ''
    [Net.WebUtility]::HtmlDecode($text).Trim() -replace '\s+', ' '
}

# The sections of a page by their headings, of one level.
function Split-Section {
    param([string] $Text, [string] $Mark)
    $sections = [ordered]@{}
    foreach ($part in [regex]::Split($Text, "(?m)^(?=$Mark )")) {
        if ($part -match "^$Mark (?<title>[^\n]*)\n(?<body>[\s\S]*)$") { $sections[$Matches.title.Trim()] = $Matches.body.Trim() }
    }
    $sections
}

function Get-Kept {
    param($Sections, [string] $Title, [string] $Otherwise)
    if ($Sections.Contains($Title) -and $Sections[$Title]) { $Sections[$Title] } else { $Otherwise }
}

function Get-TypeName {
    param([type] $Type)
    $inner = [Nullable]::GetUnderlyingType($Type)
    if ($inner) { $inner.Name } else { $Type.Name }
}

function Get-DefaultValue {
    param($Command, $Parameter)
    if ($Parameter.ParameterType -eq [switch]) { return 'False' }
    $property = $Command.ImplementingType.GetProperty($Parameter.Name)
    $value = if ($property) { $property.GetValue([Activator]::CreateInstance($Command.ImplementingType)) }
    foreach ($range in $Parameter.Attributes | Where-Object { $_ -is [ValidateRange] -and $null -ne $_.MinRange }) {
        # A number that no caller may give stands for a parameter that was not given.
        if ($null -ne $value -and $value -lt $range.MinRange) { return 'None' }
    }
    $isRequired = -not ($Parameter.ParameterSets.Values | Where-Object { -not $_.IsMandatory })
    if ($isRequired -or $null -eq $value -or "$value" -eq '') { 'None' }
    elseif ($value -is [timespan]) { $value.Ticks -lt 0 ? 'Infinite' : "$($value.TotalSeconds)" }
    else { @($value) -join ', ' }
}

# One yaml block for each group of parameter sets in which the parameter is the same.
function Get-ParameterForm {
    param($Command, $Parameter)
    $groups = [ordered]@{}
    foreach ($set in $Command.ParameterSets) {
        $in = $set.Parameters | Where-Object Name -EQ $Parameter.Name
        if (-not $in) { continue }
        $pipeline = @(if ($in.ValueFromPipeline) { 'ByValue' }; if ($in.ValueFromPipelineByPropertyName) { 'ByPropertyName' }) -join ', '
        $position = $in.Position -ge 0 ? $in.Position : 'Named'
        $form = "Required: $($in.IsMandatory)`nPosition: $position", ($pipeline ? "True ($pipeline)" : 'False')
        $groups["$form"] = @{ Form = $form; Sets = @(if ($groups.Contains("$form")) { $groups["$form"].Sets }; $set.Name) }
    }
    $wildcards = @($Parameter.Attributes | Where-Object { $_ -is [Management.Automation.SupportsWildcardsAttribute] }).Count -gt 0
    foreach ($group in $groups.Values) {
        $isEverywhere = $group.Sets.Count -eq $Command.ParameterSets.Count
        @"
``````yaml
Type: $(Get-TypeName $Parameter.ParameterType)
Parameter Sets: $($isEverywhere ? '(All)' : ($group.Sets -join ', '))
Aliases:$($Parameter.Aliases ? " $($Parameter.Aliases -join ", ")" : "")

$($group.Form[0])
Default value: $(Get-DefaultValue $Command $Parameter)
Accept pipeline input: $($group.Form[1])
Accept wildcard characters: $wildcards
``````
"@
    }
}

function Get-ParameterSection {
    param($Command)
    $common = [Management.Automation.PSCmdlet]::CommonParameters
    $own = [string[]] @($Command.Parameters.Keys | Where-Object { $_ -notin $common -and $_ -notin 'Confirm', 'WhatIf' })
    [Array]::Sort($own, [StringComparer]::OrdinalIgnoreCase)
    foreach ($key in @($own; 'Confirm', 'WhatIf' | Where-Object { $Command.Parameters.ContainsKey($_) })) {
        $parameter = $Command.Parameters[$key]
        $text = switch ($key) {
            'Confirm' { 'Asks for confirmation before each object.' }
            'WhatIf' { 'Shows what the cmdlet would do, without doing it.' }
            default {
                $declaring = $Command.ImplementingType.GetProperty($key).DeclaringType
                Get-DocumentedText "P:$($declaring.IsGenericType ? $declaring.GetGenericTypeDefinition().FullName : $declaring.FullName).$key"
            }
        }
        "### -$key`n`n$text`n`n$((Get-ParameterForm $Command $parameter) -join "`n`n")"
    }
    "### CommonParameters`n`n" + 'This cmdlet supports the common parameters: see [about_CommonParameters](https://go.microsoft.com/fwlink/?LinkID=113216).'
}

foreach ($command in Get-Command -Module PSIpc -CommandType Cmdlet -Name $Name) {
    $path = [IO.Path]::Combine($root, 'docs', 'cmdlets', "$($command.Name).md")
    $page = [IO.File]::Exists($path) ? [IO.File]::ReadAllText($path) : ''
    $kept = Split-Section $page '##'
    $outputs = @($command.OutputType | Where-Object { $_ } | ForEach-Object { "### $($_.Name)`n`n{{Text}}" }) -join "`n`n"
    $sections = [ordered]@{
        SYNOPSIS        = Get-DocumentedText "T:$($command.ImplementingType.FullName)"
        SYNTAX          = @($command.ParameterSets | ForEach-Object { "``````text`n$($command.Name) $_`n``````" }) -join "`n`n"
        DESCRIPTION     = Get-Kept $kept 'DESCRIPTION' '{{Text}}'
        EXAMPLES        = Get-Kept $kept 'EXAMPLES' '{{Text}}'
        PARAMETERS      = @(Get-ParameterSection $command) -join "`n`n"
        INPUTS          = Get-Kept $kept 'INPUTS' '{{Text}}'
        OUTPUTS         = Get-Kept $kept 'OUTPUTS' ($outputs ? $outputs : "### None`n`nIt writes nothing.")
        NOTES           = Get-Kept $kept 'NOTES' '{{Text}}'
        'RELATED LINKS' = Get-Kept $kept 'RELATED LINKS' '{{Text}}'
    }
    $text = "---`nexternal help file: PSIpc.dll-Help.xml`nModule Name: PSIpc`nonline version:`nschema: 2.0.0`n---`n`n# $($command.Name)`n"
    foreach ($title in $sections.Keys) { $text += "`n## $title`n`n$($sections[$title])`n" }
    if ($text -cne $page) {
        if ($Check) { $path; continue }
        [IO.File]::WriteAllText($path, $text)
        $page ? "updated $path" : "made $path"
    }
}
