using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Loads a native library for Invoke-NativeFunction.</para>
/// </summary>
[Cmdlet(VerbsData.Import, "NativeLibrary")]
[OutputType(typeof(ImportedLibrary))]
public sealed class ImportNativeLibraryCommand : IpcCmdlet
{
    /// <summary>The names that the system finds libraries by (<c>libm.so.6</c>), or paths.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(LibraryCompleter))]
    [ValidateNotNullOrEmpty]
    [Alias("Path", "FullName")]
    public string[] Name { get; set; } = [];

    /// <summary>Loads the libraries.</summary>
    protected override void ProcessRecord()
    {
        foreach (string name in Name)
        {
            Try(() => WriteObject(LibraryArgument.Resolve(name, SessionState)), name);
        }
    }
}
