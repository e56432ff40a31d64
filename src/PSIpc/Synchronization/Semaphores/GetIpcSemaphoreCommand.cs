using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Opens existing semaphores of any process.</para>
/// </summary>
[Cmdlet(VerbsCommon.Get, "IpcSemaphore")]
[OutputType(typeof(IpcSemaphore))]
public sealed class GetIpcSemaphoreCommand : NamedObjectCmdlet<IpcSemaphore>
{
    /// <summary>The names, with wildcards; by default all semaphores. A plain name that does not exist is an error.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(SemaphoreNameCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <summary>The maximum time to wait for a matching object to be created, in seconds or as a TimeSpan. By default the cmdlet does not wait.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan Timeout { get; set; }

    private protected override NamedObjects<IpcSemaphore> Known => IpcSemaphore.Named;

    /// <summary>Opens the semaphores.</summary>
    protected override void ProcessRecord() => WriteNamed(Name, Timeout);
}
