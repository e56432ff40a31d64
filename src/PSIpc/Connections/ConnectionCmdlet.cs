using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Connections;

namespace PSIpc;

/// <summary>What the cmdlets that listen and that connect share: the key, and how messages are written.</summary>
public abstract class ConnectionCmdlet : IpcCmdlet
{
    /// <summary>The key that both sides must know: a SecureString, a text or bytes; Python's <c>authkey</c>. It is never sent.</summary>
    [Parameter]
    [ValidateNotNull]
    public object? AuthKey { get; set; }

    /// <summary>The protocol: Python, that of <c>multiprocessing.connection</c>.</summary>
    [Parameter]
    [ValidateSet("Python")]
    public string Protocol { get; set; } = "Python";

    /// <summary>What messages are written in (Pickle, Python's <c>send</c> and <c>recv</c>; Raw is its <c>send_bytes</c> and <c>recv_bytes</c>). Messages do not say it: both sides must agree.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(SerializerCompleter))]
    [ValidateNotNullOrEmpty]
    public string Serializer { get; set; } = PickleIpcSerializer.SerializerName;

    /// <summary>Send arrays of numbers as NumPy arrays, which a Python without NumPy cannot read; else they are lists.</summary>
    [Parameter]
    public SwitchParameter NumPy { get; set; }

    /// <summary>Receive objects of any class, as PSCustomObjects with the name of the class; else those of classes that PSIpc does not know are an error. Nothing is imported or called.</summary>
    [Parameter]
    public SwitchParameter AllowUnknown { get; set; }

    private protected PickleOptions Options => new(NumPy: NumPy, AllowUnknown: AllowUnknown);

    /// <summary>Reads an address; a path is one of PowerShell's current folder.</summary>
    private protected PeerAddress Parse(string address)
    {
        _ = IpcSerializers.Get(Serializer);
        if ((NumPy || AllowUnknown) && !string.Equals(Serializer, PickleIpcSerializer.SerializerName, StringComparison.OrdinalIgnoreCase))
        {
            throw new IpcException(IpcErrorKind.NotSupported, Messages.PickleParametersOfOther.With(Serializer), Serializer);
        }

        return PeerAddress.Parse(address, path => path[0] == '\0' ? path : GetUnresolvedProviderPathFromPSPath(path));
    }
}
