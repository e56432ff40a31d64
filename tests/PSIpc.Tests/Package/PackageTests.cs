using System.IO.Compression;
using System.Reflection;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace PSIpc.Tests;

/// <summary>The package for the PowerShell Gallery.</summary>
public sealed partial class PackageTests(BuiltPackage package) : IClassFixture<BuiltPackage>
{
    private static readonly XNamespace Nuspec = "http://schemas.microsoft.com/packaging/2011/08/nuspec.xsd";

    [Fact]
    [Trait("Tier", "Long")]
    public void The_same_module_gives_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        string second = BuiltPackage.Build(folder.Path);
        Assert.Equal(Path.GetFileName(package.FullPath), Path.GetFileName(second));
        Assert.Equal(File.ReadAllBytes(package.FullPath), File.ReadAllBytes(second));
    }

    [Fact]
    public void It_holds_the_module_and_what_belongs_to_it()
    {
        using ZipArchive archive = ZipFile.OpenRead(package.FullPath);
        string[] names = [.. archive.Entries.Select(e => e.FullName)];
        string module = Path.GetDirectoryName(TestPaths.Module)!;
        string[] files = [.. Directory.GetFiles(module, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(module, f))];
        Assert.Equal(files.Concat(["PSIpc.nuspec", "[Content_Types].xml", "_rels/.rels", "package/services/metadata/core-properties/PSIpc.psmdcp"]).Order(StringComparer.Ordinal), names);
        foreach (string expected in (string[])["PSIpc.psd1", "PSIpc.dll", "PSIpc.Core.dll", "LICENSE", "CHANGELOG.md", "THIRD-PARTY-NOTICES.txt", "en-US/PSIpc.dll-Help.xml", "en-US/about_PSIpc.help.txt", "dependencies/MessagePack.dll"])
        {
            Assert.Contains(expected, names);
        }

        Assert.DoesNotContain(names, n => n.EndsWith(".pdb", StringComparison.Ordinal) || n.Contains("System.Management.Automation", StringComparison.Ordinal));
    }

    [Fact]
    public void It_has_the_version_of_the_build_everywhere()
    {
        string props = File.ReadAllText(Path.Combine(TestPaths.Repository, "Directory.Build.props"));
        string prefix = VersionPart().Match(props).Groups["prefix"].Value;
        string version = $"{prefix}-{VersionPart().Match(props).Groups["suffix"].Value}".TrimEnd('-');
        Assert.Equal($"PSIpc.{version}.nupkg", Path.GetFileName(package.FullPath));
        Assert.Equal(version, Metadata(package.FullPath).Element(Nuspec + "version")!.Value);
        Assert.Equal(version, string.Join('-', Manifest("ModuleVersion; $m.PrivateData.PSData.Prerelease").Where(v => v.Length > 0)));
        Assert.Equal(new Version(prefix + ".0"), AssemblyName.GetAssemblyName(Path.Combine(Path.GetDirectoryName(TestPaths.Module)!, "PSIpc.dll")).Version);
    }

    [Fact]
    public void It_says_what_the_gallery_asks_for()
    {
        XElement metadata = Metadata(package.FullPath);
        foreach (string name in (string[])["id", "authors", "owners", "licenseUrl", "projectUrl", "description", "releaseNotes", "copyright", "tags"])
        {
            Assert.NotEmpty(metadata.Element(Nuspec + name)!.Value);
        }

        Assert.All((string[])["licenseUrl", "projectUrl"], name => Assert.Equal("https", new Uri(metadata.Element(Nuspec + name)!.Value).Scheme));
        string[] tags = metadata.Element(Nuspec + "tags")!.Value.Split(' ');
        Assert.Contains("PSModule", tags);
        Assert.Contains("PSEdition_Core", tags);
        Assert.Equal(HelpPages.Cmdlets.Keys.Order(StringComparer.Ordinal), tags.Where(t => t.StartsWith("PSCmdlet_", StringComparison.Ordinal)).Select(t => t["PSCmdlet_".Length..]));
    }

    [Fact]
    public void The_manifest_exports_exactly_the_cmdlets_of_the_assembly()
    {
        using var session = new PowerShellSession();
        object?[] classes = session.RunCleanly(
            "[PSIpc.IpcCmdlet].Assembly.GetExportedTypes() | ForEach-Object { $_.GetCustomAttributes([Management.Automation.CmdletAttribute], $false) } | ForEach-Object { \"$($_.VerbName)-$($_.NounName)\" }");
        Assert.Equal(classes.Cast<string>().Order(StringComparer.Ordinal), Manifest("CmdletsToExport").Order(StringComparer.Ordinal));
        Assert.Equal(["Core"], Manifest("CompatiblePSEditions"));
        Assert.Equal(["0", "0", "0"], Manifest("FunctionsToExport.Count; $m.AliasesToExport.Count; $m.VariablesToExport.Count"));
    }

    [Fact]
    public void Each_assembly_of_others_is_in_the_notices()
    {
        string module = Path.GetDirectoryName(TestPaths.Module)!;
        string notices = File.ReadAllText(Path.Combine(module, "THIRD-PARTY-NOTICES.txt"));
        string[] others = [.. Directory.GetFiles(module, "*.dll", SearchOption.AllDirectories).Select(f => Path.GetFileName(f)).Where(f => !f.StartsWith("PSIpc.", StringComparison.Ordinal))];
        Assert.NotEmpty(others);
        Assert.All(others, other => Assert.Contains(other, notices, StringComparison.Ordinal));
    }

    [Fact]
    public void Its_assemblies_name_no_folder_of_the_machine_that_built_them()
    {
        string module = Path.GetDirectoryName(TestPaths.Module)!;
        foreach (string path in Directory.GetFiles(module, "PSIpc*.dll", SearchOption.AllDirectories))
        {
            using var image = new PEReader(File.OpenRead(path));
            DebugDirectoryEntry entry = image.ReadDebugDirectory().Single(e => e.Type == DebugDirectoryEntryType.CodeView);
            Assert.StartsWith("/PSIpc/", image.ReadCodeViewDebugDirectoryData(entry).Path, StringComparison.Ordinal);
        }
    }

    [GeneratedRegex(@"<VersionPrefix>(?<prefix>[^<]+)</VersionPrefix>\s*<VersionSuffix>(?<suffix>[^<]*)</VersionSuffix>")]
    private static partial Regex VersionPart();

    private static XElement Metadata(string path)
    {
        using ZipArchive archive = ZipFile.OpenRead(path);
        using Stream stream = archive.GetEntry("PSIpc.nuspec")!.Open();
        return XDocument.Load(stream).Root!.Element(Nuspec + "metadata")!;
    }

    /// <summary>Values of the manifest that was built.</summary>
    private static string[] Manifest(string property)
    {
        using var session = new PowerShellSession();
        return [.. session.RunCleanly($"$m = & ([scriptblock]::Create([IO.File]::ReadAllText($path))); $m.{property}", ("path", TestPaths.Module)).Select(v => v?.ToString() ?? "")];
    }
}
