from transforms.dedup.kernels import compile_kernel
__all__ = ["compile_kernel"]
