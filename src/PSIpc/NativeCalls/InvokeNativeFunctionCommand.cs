using System.Management.Automation;
using System.Runtime.InteropServices;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Calls a function of a native library. Wrong types can end the process, as in C.</para>
/// </summary>
[Cmdlet(VerbsLifecycle.Invoke, "NativeFunction")]
[OutputType(typeof(object))]
public sealed class InvokeNativeFunctionCommand : IpcCmdlet
{
    /// <summary>The library: what Import-NativeLibrary loaded, a name that the system finds, or a path.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ArgumentCompleter(typeof(LibraryCompleter))]
    [ValidateNotNullOrEmpty]
    public object Library { get; set; } = "";

    /// <summary>The function's name.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ArgumentCompleter(typeof(NativeFunctionCompleter))]
    [ValidateNotNullOrEmpty]
    [Alias("Function")]
    public string Name { get; set; } = "";

    /// <summary>The arguments.</summary>
    [Parameter(Position = 2)]
    [AllowNull]
    [AllowEmptyCollection]
    public object?[] ArgumentList { get; set; } = [];

    /// <summary>The C type of the result: by default <c>int</c>; <c>void</c> for none. A pointer to characters is read as text.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(CTypeNameCompleter))]
    [ValidateNotNullOrEmpty]
    public object ReturnType { get; set; } = "int";

    /// <summary>The C types of the arguments. By default the type of each argument decides: int, int64_t, double, const char *, or the address of an array.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(CTypeNameCompleter))]
    [AllowEmptyCollection]
    public object[]? ArgumentType { get; set; }

    /// <summary>The name of a variable that receives the system's last error (errno) as of the function's return.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? LastErrorVariable { get; set; }

    /// <summary>Calls the function.</summary>
    protected override void ProcessRecord() => Try(Call, Name);

    private void Call()
    {
        object?[] arguments = ArgumentList ?? [null];
        CType[] parameters = ArgumentType is null ? [.. arguments.Select(CTypeName.Infer)] : [.. ArgumentType.Select(CTypeName.Parse)];
        CType returns = CTypeName.Parse(ReturnType);
        var function = new NativeFunction(LibraryArgument.Resolve(Library, SessionState), Name, returns, parameters);
        object? result = function.Call(arguments, out int error);
        if (LastErrorVariable is not null)
        {
            SessionState.PSVariable.Set(LastErrorVariable, new NativeError(error, Marshal.GetPInvokeErrorMessage(error)));
        }

        if (returns is not CVoidType)
        {
            WriteObject(result, enumerateCollection: false);
        }
    }
}
