//! Addresses, Services, Ingress and the requests that travel through them.
