<#
.SYNOPSIS
    Makes a package of the built module in the layout of the PowerShell Gallery: dotnet build -c Release -t:PackModule src/PSIpc.Host
.DESCRIPTION
    All that the package says of the module it takes from the module's manifest. The same module gives the same bytes: entries are in the
    order of their names and have one time.
.PARAMETER Destination
    The folder for the package, whose name is that of the module and its version.
.OUTPUTS
    The path of the package.
#>
param([Parameter(Mandatory)] [string] $Destination)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$module = (Get-Module PSIpc).ModuleBase
$manifest = Test-ModuleManifest ([IO.Path]::Combine($module, 'PSIpc.psd1'))
$data = $manifest.PrivateData.PSData
$version = "$($manifest.Version)$($data.Prerelease ? "-$($data.Prerelease)" : '')"
$escape = { param($Text) [Security.SecurityElement]::Escape("$Text") }

# As the gallery finds modules by: what they are, and the names of their cmdlets.
$cmdlets = [string[]] $manifest.ExportedCmdlets.Keys
[Array]::Sort($cmdlets, [StringComparer]::Ordinal)
$tags = @($data.Tags; 'PSModule', 'PSIncludes_Cmdlet'; $cmdlets | ForEach-Object { "PSCmdlet_$_" }; $cmdlets | ForEach-Object { "PSCommand_$_" }) -join ' '
$nuspec = @"
<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2011/08/nuspec.xsd">
  <metadata>
    <id>$($manifest.Name)</id>
    <version>$version</version>
    <authors>$(& $escape $manifest.Author)</authors>
    <owners>$(& $escape $manifest.CompanyName)</owners>
    <requireLicenseAcceptance>false</requireLicenseAcceptance>
    <licenseUrl>$(& $escape $data.LicenseUri)</licenseUrl>
    <projectUrl>$(& $escape $data.ProjectUri)</projectUrl>
    <description>$(& $escape $manifest.Description)</description>
    <releaseNotes>$(& $escape $data.ReleaseNotes)</releaseNotes>
    <copyright>$(& $escape $manifest.Copyright)</copyright>
    <tags>$(& $escape $tags)</tags>
  </metadata>
</package>
"@
$properties = 'package/services/metadata/core-properties/PSIpc.psmdcp'
$relationships = @"
<?xml version="1.0" encoding="utf-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
  <Relationship Type="http://schemas.microsoft.com/packaging/2010/07/manifest" Target="/PSIpc.nuspec" Id="R1" />
  <Relationship Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="/$properties" Id="R2" />
</Relationships>
"@
$core = @"
<?xml version="1.0" encoding="utf-8"?>
<coreProperties xmlns="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">
  <dc:creator>$(& $escape $manifest.Author)</dc:creator>
  <dc:description>$(& $escape $manifest.Description)</dc:description>
  <dc:identifier>$($manifest.Name)</dc:identifier>
  <version>$version</version>
  <keywords>$(& $escape ($data.Tags -join ' '))</keywords>
</coreProperties>
"@

$entries = @{ 'PSIpc.nuspec' = $nuspec; '_rels/.rels' = $relationships; $properties = $core }
foreach ($file in [IO.Directory]::GetFiles($module, '*', [IO.SearchOption]::AllDirectories)) {
    $entries[[IO.Path]::GetRelativePath($module, $file).Replace('\', '/')] = [IO.File]::ReadAllBytes($file)
}
$types = @{ rels = 'application/vnd.openxmlformats-package.relationships+xml'; psmdcp = 'application/vnd.openxmlformats-package.core-properties+xml' }
$content = "<?xml version=`"1.0`" encoding=`"utf-8`"?>`n<Types xmlns=`"http://schemas.openxmlformats.org/package/2006/content-types`">`n"
$extensions = [Collections.Generic.SortedSet[string]]::new([string[]] @($entries.Keys | ForEach-Object { [IO.Path]::GetExtension($_).TrimStart('.') }), [StringComparer]::Ordinal)
foreach ($extension in $extensions) {
    if ($extension) { $content += "  <Default Extension=`"$extension`" ContentType=`"$($types[$extension] ?? 'application/octet')`" />`n" }
}
foreach ($name in $entries.Keys | Where-Object { -not [IO.Path]::GetExtension($_) }) {
    $content += "  <Override PartName=`"/$name`" ContentType=`"application/octet`" />`n"
}
$entries['[Content_Types].xml'] = "$content</Types>"

$names = [string[]] $entries.Keys
[Array]::Sort($names, [StringComparer]::Ordinal)
$path = [IO.Path]::Combine([IO.Path]::GetFullPath($Destination), "$($manifest.Name).$version.nupkg")
$stream = [IO.File]::Create($path)
$zip = [IO.Compression.ZipArchive]::new($stream, [IO.Compression.ZipArchiveMode]::Create)
try {
    foreach ($name in $names) {
        $entry = $zip.CreateEntry($name, [IO.Compression.CompressionLevel]::SmallestSize)
        $entry.LastWriteTime = [DateTimeOffset]::new(1980, 1, 1, 0, 0, 0, [TimeSpan]::Zero)
        $entry.ExternalAttributes = 0x81A4 -shl 16
        $bytes = $entries[$name] -is [string] ? [Text.UTF8Encoding]::new($false).GetBytes($entries[$name]) : $entries[$name]
        $target = $entry.Open()
        $target.Write($bytes, 0, $bytes.Length)
        $target.Dispose()
    }
}
finally {
    $zip.Dispose()
    $stream.Dispose()
}
$path
