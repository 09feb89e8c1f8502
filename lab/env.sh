# Two processes of one thread each beat two threads; a patient malloc saves page faults.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=17179869184
PYTHON=/usr/bin/python3 # Debian's own: the one that has torch
